package sqlite

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// benchFormat is of rows as login flows are: a line of fields, and the events.
var benchFormat = audit.Format{
	Kinds: []audit.Kind{audit.KindFlow}, Fields: append(query.Fields[:len(query.Fields):len(query.Fields)], query.FlowFields...),
	Restore: func(s audit.Stored) *audit.Record {
		return audit.NewRow(audit.Row{Kind: s.Kind, Org: s.Org, UniqueID: s.UniqueID, Time: s.Time, Raw: s.Raw, Document: benchDocument{s}})
	},
	Head: func(raw string) int { return strings.IndexByte(raw, '\n') + 1 }, HeadFields: benchHead,
	MaxBytes: 4 << 20, Numbers: []query.Field{query.FlowEndedAt, query.FlowDurationMS},
}

var benchHead = []query.Field{query.FlowID, query.FlowRecordID, query.FlowOutcome, query.FlowLastStage, query.FlowShape, query.FlowStage,
	query.FlowDurationMS, query.FlowRetries, query.FlowEndedAt, query.FlowVia, query.RequestID, query.UserID, query.ApplicationName,
	query.SourceIP, query.Session, query.TraceID}

type benchDocument struct{ audit.Stored }

func (d benchDocument) Values(field query.Field) []string {
	if field == query.OrgID {
		return []string{d.Org}
	}
	head, _, _ := strings.Cut(d.Raw, "\n")
	for i, text := range strings.Split(head, "\t") {
		if i < len(benchHead) && benchHead[i] == field {
			return strings.Split(text, ",")
		}
	}
	return nil
}

func (d benchDocument) Time() time.Time { return d.Stored.Time }

func (d benchDocument) Strings() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		_, rest, _ := strings.Cut(d.Raw, "\n")
		for i, text := range strings.Split(rest, `"`) {
			if i%4 == 3 && !yield("", text) {
				return
			}
		}
	}
}

func (d benchDocument) Extra() iter.Seq2[string, string] { return func(func(string, string) bool) {} }

// benchRow is a state of the i-th flow of two orgs, with five events.
func benchRow(i, revision int) *audit.Record {
	random := rand.New(rand.NewPCG(uint64(i), 3))
	id := fmt.Sprintf("%032x", i)
	at := noon.Add(time.Duration(i) * 7 * time.Second)
	lasts := time.Duration(random.IntN(60_000)+revision) * time.Millisecond
	events := make([]string, 5)
	ids := make([]string, 5)
	for n := range events {
		ids[n] = fmt.Sprintf("%08x-%d", random.Uint32(), n)
		events[n] = strings.ReplaceAll(benchEvent(i*5+n, 500_000).Raw, "org_id", "org")
	}
	head := []string{id, strings.Join(ids, ","), []string{"UNDECIDED", "SUCCEEDED", "SUCCEEDED", "DENIED", "FAILED"}[random.IntN(5)],
		benchStages[i%5], "Request › IdP ✓", strings.Join(benchStages, ","), strconv.FormatInt(lasts.Milliseconds(), 10), strconv.Itoa(random.IntN(3)),
		strconv.FormatInt(at.Add(lasts).UnixNano(), 10), "REQUEST,TRACE", "req-" + id, fmt.Sprintf("user-%06d", random.IntN(5000)), benchApps[i%8],
		fmt.Sprintf("10.%d.2.3", i%200), "ses-" + id, "trace-" + id}
	return benchFormat.Restore(audit.Stored{Kind: audit.KindFlow, Org: fmt.Sprintf("org-%d", i%2), UniqueID: id, Time: at,
		Raw: strings.Join(head, "\t") + "\n" + strings.Join(events, ",")})
}

const benchRows = 20_000

// benchRowStore has the rows of two orgs, 10,000 each; a part of them was replaced.
func benchRowStore(b *testing.B) *Store {
	b.Helper()
	s, err := Open(b.Context(), Options{Dir: b.TempDir(), Format: benchFormat})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	began := time.Now()
	for from := 0; from < benchRows; from += 500 {
		changes := make([]audit.Replacement, 500)
		for i := range changes {
			changes[i].Row = benchRow(from+i, 0)
		}
		if err := s.Replace(b.Context(), changes); err != nil {
			b.Fatal(err)
		}
	}
	b.Logf("%.0f rows made a second", benchRows/time.Since(began).Seconds())
	time.Sleep(2 * idleBeforeTidying) // in which the index is tidied
	return s
}

func BenchmarkRows(b *testing.B) {
	s := benchRowStore(b)
	org := audit.Query{Scope: audit.Orgs("org-1"), Kinds: []audit.Kind{audit.KindFlow}, Window: audit.Window{Limit: 50}}
	long := int64(30_000)
	longer := query.NumberRange{Field: query.FlowDurationMS, Min: &long}
	undecided := query.Exact{Field: query.FlowOutcome, Values: []string{"UNDECIDED"}}
	with := func(where query.Node, order audit.OrderField) audit.Query {
		q := org
		q.Where, q.Order.Field = where, order
		return q
	}
	for name, q := range map[string]audit.Query{
		"newest": with(nil, audit.ByTime), "longest": with(nil, audit.ByDuration), "last ended": with(nil, audit.ByEndedAt),
		"longest undecided": with(undecided, audit.ByDuration), "newest longer": with(longer, audit.ByTime),
		"longest by words": with(query.FieldWords{Field: query.ApplicationName, Tokens: []string{"water"}}, audit.ByDuration),
	} {
		b.Run("search/"+name, func(b *testing.B) {
			for b.Loop() {
				if page, err := s.Search(b.Context(), q); err != nil || len(page.Hits) != 50 {
					b.Fatal(len(page.Hits), err)
				}
			}
		})
	}
	for name, where := range map[string]query.Node{"longer": longer, "longer undecided": query.And{Nodes: []query.Node{longer, undecided}},
		"longer or undecided": query.Or{Nodes: []query.Node{longer, undecided}}, "undecided": undecided} {
		b.Run("count/"+name, func(b *testing.B) {
			for b.Loop() {
				if n, err := s.Count(b.Context(), []audit.Query{with(where, audit.ByTime)}); err != nil || n[0] < 100 {
					b.Fatal(n, err)
				}
			}
		})
	}
	for _, field := range []query.Field{query.FlowOutcome, query.FlowStage, query.UserID, query.FlowRecordID} {
		b.Run("facet/"+string(field), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Facets(b.Context(), []audit.FacetRequest{{Query: with(longer, audit.ByTime), Field: field, Size: 10}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("scan", func(b *testing.B) {
		for b.Loop() {
			n := 0
			if err := s.Scan(b.Context(), org, func(*audit.Record) bool { n++; return true }); err != nil || n != benchRows/2 {
				b.Fatal(n, err)
			}
		}
	})
	for _, field := range []query.Field{query.FlowID, query.FlowRecordID, query.RequestID, query.Session} {
		b.Run("look up/"+string(field), func(b *testing.B) {
			value, _ := benchRow(777, 0).Get(field)
			for b.Loop() {
				pages, err := s.Lookup(b.Context(), audit.Lookup{Scope: audit.Orgs("org-1"), Field: field, Window: audit.Window{Limit: 5},
					Keys: []audit.LookupKey{{Org: "org-1", Value: value}}})
				if err != nil || len(pages[0].Hits) != 1 {
					b.Fatal(pages, err)
				}
			}
		})
	}
	b.Run("replace 100", func(b *testing.B) {
		for round := 1; b.Loop(); round++ {
			b.StopTimer()
			var changes []audit.Replacement
			page, err := s.Search(b.Context(), audit.Query{Scope: audit.AllOrgs(), Window: audit.Window{Limit: 100}})
			for _, r := range page.Records() {
				i, _ := strconv.ParseInt(r.UniqueID, 16, 64)
				changes = append(changes, audit.Replacement{Row: benchRow(int(i), round), Was: r.Version})
			}
			b.StartTimer()
			if err == nil {
				err = s.Replace(b.Context(), changes)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
