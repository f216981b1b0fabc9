package elastic

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/storetest"
)

func TestAScanThatIsTooLargeForOneAnswerIsReadInParts(t *testing.T) {
	t.Parallel()
	s := open(t, rowOptions(t))
	all := rows("r", 300)
	replace(t, s, changesTo(all, nil)...)
	s.client.maxAnswer = 20 << 10
	phrase := query.Words{Tokens: []string{"was", "undec"}, Prefix: true} // which the engine alone cannot say
	for name, where := range map[string]query.Node{"by the engine": nil, "verified here": phrase} {
		var got []string
		err := s.Scan(t.Context(), audit.Query{Scope: audit.Orgs("o"), Where: where}, func(r *audit.Record) bool {
			if strings.Contains(r.Raw, "Said") || r.Version == "" {
				t.Errorf("a row of a scan is %q, version %q", r.Raw, r.Version)
			}
			got = append(got, r.UniqueID)
			return true
		})
		expectEqual(t, name, err, got, idsOf(all))
	}
	seen := 0
	if err := s.Scan(t.Context(), audit.Query{Scope: audit.AllOrgs()}, func(*audit.Record) bool { seen++; return seen < 3 }); err != nil || seen != 3 {
		t.Errorf("a scan that was told to stop after 3 rows gave %d, %v", seen, err)
	}
	if err := s.Scan(t.Context(), audit.Query{}, nil); audit.AsError(err).Code != audit.Internal {
		t.Errorf("a scan without a scope: %v", err)
	}
}

// What is asked about flows costs one request, whatever it finds.
func TestQuestionsAboutRowsTakeOneRoundTrip(t *testing.T) {
	t.Parallel()
	s := open(t, rowOptions(t))
	all := rows("r", 40)
	replace(t, s, changesTo(all, nil)...)
	flows := []audit.Kind{audit.KindFlow}
	lookup := audit.Lookup{Scope: audit.AllOrgs(), Kinds: flows, Field: query.FlowRecordID, Window: audit.Window{Limit: 5}}
	for _, r := range all {
		lookup.Keys = append(lookup.Keys, audit.LookupKey{Org: "o", Value: r.UniqueID + "-2"})
	}
	ctx, sent := countSends(t.Context())
	pages, err := s.Lookup(ctx, lookup)
	for i, page := range pages {
		if len(page.Hits) != 1 || page.Hits[0].Record.UniqueID != all[i].UniqueID {
			t.Errorf("the look-up of %s gives %d rows", lookup.Keys[i].Value, len(page.Hits))
		}
	}
	if err != nil || len(pages) != len(all) || sent.Load() != 1 {
		t.Errorf("a look-up of %d keys took %d requests, %v", len(all), sent.Load(), err)
	}
	ctx, sent = countSends(t.Context())
	page, err := s.Search(ctx, audit.Query{Scope: audit.AllOrgs(), Kinds: flows, Where: query.Exact{Field: query.FlowOutcome, Values: []string{"UNDECIDED"}},
		Order: audit.Order{Field: audit.ByEndedAt}, Window: audit.Window{Limit: 10}})
	if err != nil || len(page.Hits) != 10 || sent.Load() != 1 {
		t.Errorf("a page of %d rows took %d requests, %v", len(page.Hits), sent.Load(), err)
	}
}

// What is asked of Elasticsearch about rows, word for word; -update writes it anew.
func TestRequestsAboutRowsOnTheWire(t *testing.T) {
	t.Parallel()
	f := newFormat(storetest.FlowFormat())
	flows, least := []audit.Kind{audit.KindFlow}, int64(1_500)
	byEnd := audit.Order{Field: audit.ByEndedAt, Ascending: true}
	slow := query.And{Nodes: []query.Node{query.NumberRange{Field: query.FlowDurationMS, Min: &least},
		query.Exact{Field: query.FlowOutcome, Values: []string{"DENIED"}}, query.Network{Field: query.SourceIP, Prefix: netip.MustParsePrefix("::/0")}}}
	place := audit.Cursor{Kinds: flows, Order: byEnd, Time: testTime, Org: "o", UniqueID: "f", Number: testTime.UnixNano() + 1}
	expectWire(t, "rows-by-number", f.newWalk(audit.Query{Scope: audit.Orgs("o"), Kinds: flows, Where: slow, Order: byEnd,
		Window: audit.Window{Limit: 50, After: &place}}).request())
	deal := f.newDeal(audit.Lookup{Scope: audit.AllOrgs(), Field: query.FlowRecordID, Keys: []audit.LookupKey{{AnyOrg: true, Value: "r-1"}}, Window: audit.Window{Limit: 1}})
	expectWire(t, "rows-lookup", deal.request())
	expectWire(t, "rows-feed", section{from: 3, to: 9, size: 4}.search(f))
	expectWire(t, "rows-mapping", f.mappings())

	s := &Store{names: names{"authtrail-flows"}, format: f, now: func() time.Time { return testTime }, options: Options{Partition: Week}}
	changes := bulk{format: f}
	new, later := row("f", testTime, "UNDECIDED"), audit.Version("12.1.authtrail-flows-rebuilt-w2026.02.23-v1-00ff")
	for i, change := range []audit.Replacement{{Row: new}, {Row: new, Was: later}, {Row: new, Was: later, Remove: true}} {
		do, _ := s.actionFor(change)
		changes.add(i, do, change.Row, origin{})
	}
	expectWire(t, "rows-bulk", strings.Split(string(changes.body), "\n"))
}
