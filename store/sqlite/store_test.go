package sqlite

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func TestSearchFindsWhatTheMatcherAccepts(t *testing.T) {
	t.Parallel()
	s := open(t)
	records := []*audit.Record{
		event(t, "a-1", noon, `"org_id":"o1","event_name":"Token","result":"Denied","source_ip":"10.1.2.3","application_name":"Water SCADA"`),
		event(t, "a-2", noon.Add(time.Second), `"org_id":"o1","event_name":"Login","result":"denied","source_ip":"::ffff:10.1.9.9","user_id":"u1","upstream_idp":"okta"`),
		event(t, "a-3", noon.Add(time.Nanosecond), `"org_id":"o2","event_name":"Token","result":"Água","source_ip":"2001:db8::1","session":"s-9"`),
		event(t, "a-4", noon, `"api_name":"users","audit_attributes":[{"attribute_type":"user","attribute_id":"1"},{"attribute_type":"app","attribute_id":"2"}],"x":{"y":["deep value",7,null,""]}`),
		event(t, "a-5", noon.Add(-time.Hour), `"message":"water denied scada","session":"","jti":"t1","sub":"u1"`),
		event(t, "_", noon.Add(time.Millisecond), ""),
	}
	add(t, s, records...)
	exact := func(field query.Field, values ...string) query.Node {
		return query.Exact{Field: field, Values: values}
	}
	trees := []query.Node{
		nil, query.None{}, exact(query.Result, "Denied"), exact(query.Result, "denied", "Água"), exact(query.OrgID, ""),
		exact(query.Session, ""), exact(query.UniqueID, "_"), exact(query.SourceIP, "::ffff:10.1.9.9"), exact("nonsense", "x"),
		query.ExactPrefix{Field: query.EventName, Prefix: "To"}, query.ExactPrefix{Field: query.Result, Prefix: "Á"},
		query.ExactPrefix{Field: query.Session}, query.ExactPrefix{Field: query.Session, Prefix: "\xff"},
		query.Attribute{Types: []string{"user"}, IDs: []string{"2"}}, query.Attribute{Types: []string{"user"}, IDs: []string{"1"}},
		query.Attribute{Types: []string{"app"}}, query.Attribute{}, query.Attribute{OrgIDs: []string{""}},
		query.TimeRange{From: noon, To: noon.Add(time.Millisecond)},
		query.Or{Nodes: []query.Node{query.TimeRange{From: noon.Add(time.Second)}, exact(query.UserID, "u1")}},
		query.Network{Field: query.SourceIP}, query.FieldValue{Field: query.Result, Value: "Denied"},
	}
	for _, text := range []string{
		"denied", `"water scada"`, `"scada water"`, "wat*", "-denied", "result:denied", "result:den*", "result:agua", "app:water",
		"-app:water", "-(app:water OR token)", "source_ip:10.0.0.0/8", "source_ip:10.1.0.0/20", "source_ip:10.1.2.3", "ip:10.0.0.0/7",
		"-source_ip:10.1.9.9", "source_ip:2001:db8::/33", "source_ip:2001:db8::/32", "ip:2001:db8::/126", "ip:::/0", "ip:0.0.0.0/0",
		"has:session", "-has:session", "has:user_id", "has:org", "-has:org", "user:u1", "extra.x.y:7", `extra.x.y:"deep value"`,
		"has:extra.x.y", "extra.x.y:dee*", "extra.message:*", "session:*", "org:o*", "time:>=2026-11-01T12:00:00.000000001Z denied OR token",
		"o1 token", "_*", "user_agent:x -has:request_id", `"denied scada"`, "2 1", `"1 app"`,
	} {
		node, err := query.Parse(text, noon)
		if err != nil {
			t.Logf("skip %q: %v", text, err)
			continue
		}
		trees = append(trees, node)
	}
	for _, tree := range trees {
		compareAll(t, s, records, tree)
	}
}

// compareAll compares a search in every scope, kind, order and direction with the matcher.
func compareAll(t *testing.T, s *Store, records []*audit.Record, tree query.Node) {
	t.Helper()
	for _, scope := range []audit.Scope{audit.AllOrgs(), audit.Orgs("o1"), audit.Orgs("", "o2")} {
		for _, kinds := range [][]audit.Kind{nil, {audit.KindAuth}, {audit.KindAPI, audit.KindGeneric}} {
			q := audit.Query{Scope: scope, Kinds: kinds, Where: tree, Window: audit.Window{Limit: 500}}
			want := expected(records, q)
			if got := search(t, s, q); !slices.Equal(got, want) {
				t.Errorf("%v in %v of %v: got %v, want %v", tree, scope, kinds, got, want)
			}
			counts, err := s.Count(t.Context(), []audit.Query{q})
			if err != nil || counts[0] != len(want) {
				t.Errorf("%v in %v of %v: counted %v, want %d (%v)", tree, scope, kinds, counts, len(want), err)
			}
		}
	}
}

// expected returns the ids that a query must find, newest first.
func expected(records []*audit.Record, q audit.Query) []string {
	hits := matching(records, q)
	slices.SortFunc(hits, func(a, b *audit.Record) int { return q.Order.Compare(audit.Hit{Record: a}, audit.Hit{Record: b}) })
	return ids(hits)
}

func TestPagesAreExactWhereManyRecordsShareAMillisecond(t *testing.T) {
	t.Parallel()
	s := open(t)
	var records []*audit.Record
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 10_000 {
		at := noon.Add(time.Duration(random.IntN(3)) * time.Nanosecond)
		records = append(records, event(t, fmt.Sprintf("r%d", i), at, `"org_id":"o`+fmt.Sprint(i%3)+`"`))
	}
	for i := range 100 {
		records = append(records, event(t, fmt.Sprintf("n%d", i), noon.Add(time.Duration(i-50)*100*time.Microsecond), `"org_id":"o1"`))
	}
	for _, batch := range slices.Collect(slices.Chunk(records, 3000)) {
		add(t, s, batch...)
	}
	org := query.Exact{Field: query.OrgID, Values: []string{"o1"}}
	for _, q := range []audit.Query{
		{}, {Order: audit.Order{Ascending: true}, Where: org},
		{Window: audit.Window{Backward: true}, Where: org}, {Order: audit.Order{Ascending: true}, Window: audit.Window{Backward: true}},
	} {
		q.Scope, q.Window.Limit = audit.AllOrgs(), 500
		want := expected(records, q)
		if got := allPages(t, s, q); !slices.Equal(got, want) {
			t.Errorf("%+v: %d rows differ from the %d expected", q, len(got), len(want))
		}
	}
	span := query.TimeRange{From: noon.Add(time.Nanosecond), To: noon.Add(2 * time.Nanosecond)}
	q := audit.Query{Scope: audit.AllOrgs(), Where: span, Window: audit.Window{Limit: 500}}
	if got, want := allPages(t, s, q), expected(records, q); !slices.Equal(got, want) {
		t.Errorf("%v: %d rows differ from the %d expected", span, len(got), len(want))
	}
	if s.spill.Load() == 0 {
		t.Error("nothing spilled, so that the test shows nothing")
	}
}

// allPages pages through a query from its start, or backwards from its end.
func allPages(t testing.TB, s *Store, q audit.Query) []string {
	t.Helper()
	var all []string
	for {
		page, err := s.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		found := ids(page.Records())
		if q.Window.Backward {
			all = append(found, all...)
			if !page.HasPrevious {
				return all
			}
			cursor := q.CursorAt(page.Hits[0])
			q.Window.Before = &cursor
			continue
		}
		all = append(all, found...)
		if !page.HasNext {
			return all
		}
		cursor := q.CursorAt(page.Hits[len(page.Hits)-1])
		q.Window.After = &cursor
	}
}
