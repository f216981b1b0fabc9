package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func countGroup() group {
	return group{name: "counts", records: counted, checks: []check{
		{"several at once, in order", func(t testing.TB, s *subject) {
			checkCounts(t, s, everything, where(query.None{}), where(exact(query.Result, "r-1")), everything,
				audit.Query{Scope: audit.Orgs("org-a"), Kinds: []audit.Kind{audit.KindAPI}},
				audit.Query{Scope: audit.AllOrgs(), Window: audit.Window{Limit: -5}, Order: audit.Order{Field: audit.ByRelevance}})
			checkCounts(t, s)
		}},
		{"facets", checkFacets},
		{"several facets at once, in order", checkManyFacets},
		{"facets that are refused", checkRefusedFacets},
	}}
}

// counted are 600 records whose values occur often, seldom and equally often.
func counted() []*audit.Record {
	var records []*audit.Record
	for i := range 600 {
		members := fmt.Sprintf(`"event_name":"Step %d","result":"r-%d","user_id":"user-%d","upstream_idp":"%c"`, i%2, min(i%10, 5), i, 'a'+i*7%26)
		switch {
		case i%50 == 0:
			members = `"event_name":"Token","result":""`
		case i%5 == 0:
			members = fmt.Sprintf(`"api_name":"users","audit_attributes":[{"attribute_type":"user","attribute_id":"%d"},
				{"attribute_type":"user","attribute_id":"%d"},{"attribute_type":"group"},{"attribute_name":""}]`, i%3, i%7)
		}
		at := epoch.Add(time.Duration(i*i%9_000) * time.Second)
		records = append(records, eventOf(fmt.Sprintf("org-%c", 'a'+i%4), fmt.Sprintf("n-%d", i), at, members))
	}
	return records
}

// checkCounts compares the counts of the queries with the oracle.
func checkCounts(t testing.TB, s *subject, queries ...audit.Query) {
	t.Helper()
	got, err := s.Store.Count(context.Background(), queries)
	want := make([]int, len(queries))
	for i, q := range queries {
		want[i] = s.Oracle.Count(q)
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("counts %v (%v), want %v, of", got, err, want)
		for _, q := range queries {
			t.Errorf("\t%s", describeQuery(q))
		}
	}
}

// checkFacet compares one facet with the oracle.
func checkFacet(t testing.TB, s *subject, r audit.FacetRequest) {
	t.Helper()
	got, err := s.Facets(context.Background(), []audit.FacetRequest{r})
	if err != nil || len(got) != 1 {
		t.Errorf("facet of %s: %d answers, %v", r.Field, len(got), err)
		return
	}
	if want := s.Facet(r); !slices.Equal(got[0], want) {
		t.Errorf("the %d commonest of %s:\n\tgot  %.2000s\n\twant %.2000s\n\tof %s", r.Size, r.Field, fmt.Sprintf("%+v", got[0]), fmt.Sprintf("%+v", want), describeQuery(r.Query))
	}
}

func checkFacets(t testing.TB, s *subject) {
	for _, q := range []audit.Query{everything, where(query.None{}), where(exact(query.Result, "r-1", "r-2")), where(query.Words{Tokens: []string{"step"}}),
		{Scope: audit.Orgs("org-b"), Kinds: []audit.Kind{audit.KindAuth}}, where(query.TimeRange{From: epoch.Add(time.Hour)}),
		where(query.TimeRange{From: epoch.Add(time.Hour + time.Second), To: epoch.Add(2*time.Hour - 1)}),
		where(query.Not{Node: exact(query.OrgID, "org-a")}), where(query.FieldWords{Field: query.EventName, Tokens: []string{"1"}})} {
		for _, field := range []query.Field{query.Result, query.UserID, query.UpstreamIDP, query.OrgID, query.AttributeType, query.AttributeID,
			query.AttributeName, query.UniqueID, query.Session, query.APIName} {
			for _, size := range []int{1, 3, 26, audit.MaxFacetSize} {
				checkFacet(t, s, audit.FacetRequest{Query: q, Field: field, Size: size})
			}
		}
	}
}

func checkManyFacets(t testing.TB, s *subject) {
	requests := []audit.FacetRequest{{Query: everything, Field: query.Result, Size: 2}, {Query: where(query.None{}), Field: query.Result, Size: 2},
		{Query: everything, Field: query.OrgID, Size: 500}, {Query: everything, Field: query.Result, Size: 2}}
	got, err := s.Facets(context.Background(), requests)
	if err != nil || len(got) != len(requests) {
		t.Fatalf("%d facets: %d answers, %v", len(requests), len(got), err)
	}
	for i, r := range requests {
		if want := s.Facet(r); !slices.Equal(got[i], want) {
			t.Errorf("facet %d of %d: %v, want %v", i, len(requests), got[i], want)
		}
	}
}

func checkRefusedFacets(t testing.TB, s *subject) {
	for _, r := range []audit.FacetRequest{{Query: everything, Field: query.UserID}, {Query: everything, Field: query.UserID, Size: -1},
		{Query: everything, Field: query.UserID, Size: audit.MaxFacetSize + 1}, {Query: everything, Field: "no_such_field", Size: 1}} {
		_, err := s.Facets(context.Background(), []audit.FacetRequest{r})
		expectCode(t, fmt.Sprintf("the %d commonest of %s", r.Size, r.Field), err, audit.BadUserInput)
	}
}
