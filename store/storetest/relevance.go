package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func relevanceGroup() group {
	return group{name: "relevance", records: fuel, checks: []check{
		{"the same records as by time, on every page", checkRelevanceSet},
		{"the best first", checkBestFirst},
	}}
}

// fuel are records that say "diesel" more and less plainly.
func fuel() []*audit.Record {
	filler := strings.Repeat("and many other words about nothing in particular ", 20)
	records := []*audit.Record{event("best", epoch.Add(-time.Hour), `"note":"diesel diesel generator"`)}
	for i := range 60 {
		note := filler
		if i%2 == 0 {
			note += fmt.Sprintf("diesel %d", i%3)
		}
		records = append(records, eventOf(fmt.Sprintf("org-%d", i%2), fmt.Sprintf("f-%d", i), epoch.Add(time.Duration(i/4)*time.Second), `"note":`+quote(note)))
	}
	return records
}

func checkRelevanceSet(t testing.TB, s *subject) {
	for _, search := range []string{"diesel", `"diesel generator"`, "diesel -generator", "diesel OR words", "*", "note", "has:extra.note", "die*", "zzz",
		"time:>=2026-03-01 diesel", "-diesel"} {
		node, err := query.Parse(search, epoch)
		if err != nil {
			t.Fatalf("parse %s: %v", search, err)
		}
		for _, limit := range []int{4, 500} {
			for _, backward := range []bool{false, true} {
				q := audit.Query{Scope: audit.AllOrgs(), Where: node, Order: audit.Order{Field: audit.ByRelevance},
					Window: audit.Window{Limit: limit, Backward: backward}}
				got, err := walk(s.Store, q)
				if err == nil {
					err = differ(sorted(got), sorted(s.Matching(q)))
				}
				if err != nil {
					t.Errorf("all pages of %s: %v", describeQuery(q), err)
				}
			}
		}
	}
}

func checkBestFirst(t testing.TB, s *subject) {
	q := audit.Query{Scope: audit.AllOrgs(), Where: query.Words{Tokens: []string{"diesel"}}, Order: audit.Order{Field: audit.ByRelevance},
		Window: audit.Window{Limit: 500}}
	page, err := s.Store.Search(context.Background(), q)
	if err != nil {
		t.Fatalf("search %s: %v", describeQuery(q), err)
	}
	if len(page.Hits) == 0 || page.Hits[0].Record.UniqueID != "best" {
		t.Errorf("%d hits, and the plainest match, the oldest, is not the first", len(page.Hits))
	}
	if !slices.IsSortedFunc(page.Hits, q.Order.Compare) {
		t.Error("the hits are not in the order of their scores, ties newest first")
	}
}
