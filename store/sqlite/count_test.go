package sqlite

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// matching returns the records that a query asks for.
func matching(records []*audit.Record, q audit.Query) []*audit.Record {
	var found []*audit.Record
	for _, r := range records {
		if q.Scope.Allows(r.Org) && (len(q.Kinds) == 0 || slices.Contains(q.Kinds, r.Kind)) && query.Match(q.Where, r.Document()) {
			found = append(found, r)
		}
	}
	return found
}

// plainly counts values as the contract says, from the records themselves.
func plainly(records []*audit.Record, field query.Field, size int) []audit.ValueCount {
	counts := valueCounts{}
	for _, r := range records {
		counts.add(r.Values(field))
	}
	return counts.first(size)
}

func generated(n int) []*audit.Record {
	records := make([]*audit.Record, n)
	for i := range records {
		records[i] = benchEvent(i, n)
	}
	return records
}

func TestFacetsAndHistogramsFromTheIndexEqualThoseFromTheRecords(t *testing.T) {
	t.Parallel()
	s := open(t)
	records := generated(6_000)
	add(t, s, records...)
	where, err := query.Parse("-denied time:>=2026-11-02 time:<2026-11-07T13:14:15.123456789Z", noon)
	if err != nil {
		t.Fatal(err)
	}
	verified, err := query.Parse("app:wiki OR app:payroll", noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []audit.Query{
		{Scope: audit.AllOrgs()}, {Scope: audit.AllOrgs(), Where: where},
		{Scope: audit.AllOrgs(), Where: query.TimeRange{From: noon.Add(59*time.Minute + 1), To: noon.Add(80*time.Hour + 7)}},
		{Scope: audit.Orgs("org-001", ""), Where: query.TimeRange{From: noon, To: noon.Add(50 * time.Hour)}}, {Scope: audit.AllOrgs(), Where: verified},
		{Scope: audit.Orgs("org-001", "org-002", "org-003"), Kinds: []audit.Kind{audit.KindAuth}},
	} {
		found := matching(records, q)
		if counts, err := s.Count(t.Context(), []audit.Query{q}); err != nil || counts[0] != len(found) {
			t.Errorf("%v: counted %v of %d (%v)", q.Where, counts, len(found), err)
		}
		for _, field := range []query.Field{query.EventName, query.OrgID, query.AttributeID, query.UserID, query.Session, query.Stage, query.UserAgent} {
			got, err := s.Facets(t.Context(), []audit.FacetRequest{{Query: q, Field: field, Size: 7}})
			if want := plainly(found, field, 7); err != nil || !slices.Equal(got[0], want) {
				t.Errorf("%s of %v: got %v, want %v (%v)", field, q.Where, got, want, err)
			}
		}
		for _, by := range []query.Field{"", query.Result} {
			checkHistogram(t, s, found, audit.HistogramRequest{Query: q, Interval: 24 * time.Hour, By: by, Size: 3})
		}
		checkHistogram(t, s, found, audit.HistogramRequest{Query: q})
	}
}

// checkHistogram compares each bucket with the records that lie in it.
func checkHistogram(t *testing.T, s *Store, found []*audit.Record, request audit.HistogramRequest) {
	t.Helper()
	histograms, err := s.Histograms(t.Context(), []audit.HistogramRequest{request})
	if err != nil {
		t.Fatal(err)
	}
	buckets := histograms[0]
	width, inside := buckets[1].Start.Sub(buckets[0].Start), map[time.Time][]*audit.Record{}
	for _, r := range found {
		inside[r.Time.Truncate(width)] = append(inside[r.Time.Truncate(width)], r)
	}
	for _, bucket := range buckets {
		records := inside[bucket.Start]
		delete(inside, bucket.Start)
		if bucket.Count != len(records) {
			t.Errorf("%v at %v: got %d, want %d", request.Query.Where, bucket.Start, bucket.Count, len(records))
		}
		if want := plainly(records, request.By, request.Size); request.By != "" && !slices.Equal(bucket.Values, want) {
			t.Errorf("%v at %v: got %v, want %v", request.Query.Where, bucket.Start, bucket.Values, want)
		}
	}
	if len(inside) > 0 {
		t.Errorf("%v: %d intervals with records are missing", request.Query.Where, len(inside))
	}
}

func TestAFieldWithTooManyOrTooLongValuesIsStillCounted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	long := strings.Repeat("long ", 200)
	var records []*audit.Record
	for i := range maxKnownValues + 100 {
		at := noon.Add(time.Duration(i) * time.Millisecond)
		records = append(records, event(t, fmt.Sprint("r", i), at, fmt.Sprintf(`"user_id":"u%d","hostname":%q`, i/2*2%(maxKnownValues+50), long)))
	}
	records = append(records, event(t, "other", noon, `"hostname":"other","user_id":"x"`))
	add(t, s, records...)
	check := func(s *Store) {
		for _, field := range []query.Field{query.UserID, query.Hostname, query.OrgID} {
			q := audit.Query{Scope: audit.AllOrgs()}
			got, err := s.Facets(t.Context(), []audit.FacetRequest{{Query: q, Field: field, Size: 500}})
			if want := plainly(records, field, 500); err != nil || !slices.Equal(got[0], want) {
				t.Errorf("%s: got %d values, want %d (%v)", field, len(got[0]), len(want), err)
			}
		}
	}
	check(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openIn(t, dir)
	more := event(t, "more", noon, `"user_id":"x","hostname":"other"`)
	add(t, s, more)
	records = append(records, more)
	check(s)
}

func TestAnyShapeOfTreeIsAnswered(t *testing.T) {
	t.Parallel()
	s := open(t)
	records := generated(60)
	add(t, s, records...)
	leaves := []query.Node{
		query.Words{Tokens: []string{"denied"}}, query.Exact{Field: query.OrgID, Values: []string{"org-001"}},
		query.FieldWords{Field: query.ApplicationName, Tokens: []string{"wiki"}}, query.Has{Field: query.RequestID},
		query.TimeRange{From: noon.Add(72 * time.Hour)}, query.Words{Tokens: []string{"p"}, Prefix: true},
	}
	tree := leaves[0]
	for depth := range 200 {
		leaf := leaves[depth%len(leaves)]
		switch depth % 3 {
		case 0:
			tree = query.And{Nodes: []query.Node{leaf, query.Not{Node: tree}}}
		case 1:
			tree = query.Or{Nodes: []query.Node{tree, leaf}}
		default:
			tree = query.Not{Node: query.And{Nodes: []query.Node{tree, query.Or{Nodes: []query.Node{leaf, tree}}}}}
			if depth > 12 { // it doubles each time
				tree = query.Not{Node: tree.(query.Not).Node.(query.And).Nodes[0]}
			}
		}
		if depth < 40 || depth%20 == 0 {
			compareAll(t, s, records, tree)
		}
	}
	var values []string
	for i := range 3000 {
		values = append(values, fmt.Sprintf("user-%06d", i))
	}
	compareAll(t, s, records, query.Exact{Field: query.UserID, Values: values})
	compareAll(t, s, records, query.Not{Node: query.Exact{Field: query.Session, Values: values}})
}

func TestKnownValuesAreForgottenWhenACommitFails(t *testing.T) {
	t.Parallel()
	w := &writer{lists: valueLists{known: []map[uint64]bool{{1: true, 2: true}}, manifold: []bool{true}}}
	w.listedNow = []listed{{field: 0, hash: 2}}
	w.forget()
	if want := []map[uint64]bool{{1: true}}; !reflect.DeepEqual(w.lists.known, want) || w.lists.manifold[0] {
		t.Errorf("got %+v", w.lists)
	}
}
