package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// largePages are checks of pages that end at MaxPageBytes.
func largePages() group {
	return group{name: "large pages", records: large, checks: []check{
		{"every page, both ways, in every order", checkLargePages},
		{"a look-up gives all rows of a key, or as many as may be", checkLookupOfLarge},
	}}
}

// large are records which make more than a page, of a megabyte each but for a few small ones.
func large() []*audit.Record {
	var records []*audit.Record
	blob := quote(strings.Repeat("lorem ipsum ", 1_000_000/12))
	for i := range 24 {
		members := `"session":"large","blob":` + blob
		if i%5 == 3 {
			members = `"session":"large","blob":"lorem"`
		}
		records = append(records, eventOf("org-a", fmt.Sprintf("large-%02d", i*7%24), epoch.Add(time.Duration(i/2)*time.Second), members))
	}
	return records
}

func checkLargePages(t testing.TB, s *subject) {
	for _, q := range []audit.Query{
		{Scope: audit.AllOrgs()},
		{Scope: audit.AllOrgs(), Order: audit.Order{Ascending: true}},
		{Scope: audit.Orgs("org-a"), Where: query.HasExtra{Path: "blob"}},
	} {
		if err := s.walkBoth(q, audit.MaxPageSize); err != nil {
			t.Error(err)
		}
		for _, backward := range []bool{false, true} {
			q.Window = audit.Window{Limit: audit.MaxPageSize, Backward: backward}
			if err := s.search(q); err != nil {
				t.Error(err)
			}
		}
	}
	for _, backward := range []bool{false, true} {
		q := audit.Query{Scope: audit.AllOrgs(), Where: query.Words{Tokens: []string{"lorem"}}, Order: audit.Order{Field: audit.ByRelevance},
			Window: audit.Window{Limit: audit.MaxPageSize, Backward: backward}}
		got, err := walk(s.Store, q)
		if err == nil {
			err = differ(sorted(got), sorted(s.Matching(q)))
		}
		if err != nil {
			t.Errorf("all pages of %s: %v", describeQuery(q), err)
		}
	}
}

func checkLookupOfLarge(t testing.TB, s *subject) {
	l := audit.Lookup{Scope: audit.AllOrgs(), Field: query.Session, Order: audit.Order{Ascending: true},
		Keys: []audit.LookupKey{{Org: "org-a", Value: "large"}, {Org: "org-a", Value: "none"}, {AnyOrg: true, Value: "large"}}}
	for _, most := range []int{0, 1, 5 << 20, audit.MaxPageBytes} {
		for _, limit := range []int{3, 100} {
			for _, backward := range []bool{false, true} {
				l.PageBytes, l.Window = most, audit.Window{Limit: limit, Backward: backward}
				checkLookup(t, s, l)
			}
		}
	}
	l.PageBytes = -1
	_, err := s.Store.Lookup(t.Context(), l)
	expectCode(t, "look up pages of less than nothing", err, audit.BadUserInput)
}

// largeRows are rows which make more than a page.
func largeRows() []*audit.Record {
	var rows []*audit.Record
	words := strings.Repeat("many words ", 90_000)
	for i := range 20 {
		row := flow("org-a", fmt.Sprintf("large-%02d", i*7%20), epoch.Add(time.Duration(i)*time.Second), time.Duration(i*3%7)*time.Second,
			map[query.Field][]string{query.FlowOutcome: {outcomes[i%2]}})
		if i%5 != 3 {
			row.saying(words)
		}
		rows = append(rows, row.record())
	}
	return rows
}

func checkLargeRows(t testing.TB, s *subject) {
	for _, order := range append(numberOrders(), audit.Order{}) {
		if err := s.walkBoth(ordered(order, audit.AllOrgs(), nil), audit.MaxPageSize); err != nil {
			t.Error(err)
		}
	}
	unsaid := query.Not{Node: query.Words{Tokens: []string{"unsaid", "words"}}}
	if err := s.walkBoth(ordered(audit.Order{Field: audit.ByDuration}, audit.Orgs("org-a"), unsaid), audit.MaxPageSize); err != nil {
		t.Error(err)
	}
}
