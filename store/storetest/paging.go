package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func pagingGroup() group {
	return group{name: "paging", records: ties, checks: []check{
		{"every page, both ways, both orders", checkEveryPage},
		{"filtered pages", checkFilteredPages},
		{"windows", checkWindows},
		{"the largest page", checkLargestPage},
		{"a cursor whose record was never there", checkAbsentCursor},
		{"windows that are refused", checkRefusedWindows},
	}}
}

// ties are 700 records: sources with whole seconds, many on one nanosecond that
// differ in org and unique_id alone, and many inside one millisecond. They are
// not in order.
func ties() []*audit.Record {
	var records []*audit.Record
	for i := range 700 {
		org, at := fmt.Sprintf("org-%c", 'a'+i%3), epoch
		switch {
		case i < 250:
		case i < 450:
			at = at.Add(time.Millisecond + time.Duration(i*7919%1000)*time.Microsecond/2)
		case i < 600:
			at = at.Add(time.Duration(1+i%7) * time.Second)
		default:
			at = at.Add(time.Duration(i*7919%1000)*time.Hour - 500*time.Hour + time.Duration(i))
		}
		members := fmt.Sprintf(`"event_name":"Step %d","user_id":"user-%d"`, i%2, i%5)
		records = append(records, eventOf(org, fmt.Sprintf("tie-%03d", i*271%700), at, members))
	}
	return records
}

func checkEveryPage(t testing.TB, s *subject) {
	for _, ascending := range []bool{false, true} {
		q := audit.Query{Scope: audit.AllOrgs(), Order: audit.Order{Ascending: ascending}}
		for _, limit := range []int{13, 100, 350, 499, 500} {
			if err := s.walkBoth(q, limit); err != nil {
				t.Error(err)
			}
		}
	}
}

func checkFilteredPages(t testing.TB, s *subject) {
	for _, q := range []audit.Query{
		{Scope: audit.Orgs("org-b")},
		{Scope: audit.AllOrgs(), Where: exact(query.UserID, "user-3")},
		{Scope: audit.Orgs("org-a", "org-c"), Where: query.Words{Tokens: []string{"step", "1"}}, Kinds: []audit.Kind{audit.KindAuth}},
		{Scope: audit.AllOrgs(), Where: query.Not{Node: exact(query.UserID, "user-3")}, Order: audit.Order{Ascending: true}},
		{Scope: audit.AllOrgs(), Where: query.TimeRange{From: epoch, To: epoch.Add(1)}},
		{Scope: audit.AllOrgs(), Where: query.TimeRange{From: epoch, To: epoch.Add(1)}, Order: audit.Order{Ascending: true}},
	} {
		if s.Oracle.Count(q) < 50 {
			t.Fatalf("the check finds too little: %s", describeQuery(q))
		}
		if err := s.walkBoth(q, 17); err != nil {
			t.Error(err)
		}
	}
}

func checkWindows(t testing.TB, s *subject) {
	for _, ascending := range []bool{false, true} {
		q := audit.Query{Scope: audit.Orgs("org-a"), Order: audit.Order{Ascending: ascending}}
		rows := s.Matching(q)
		places := []int{-1, 0, 1, 40, 41, 100, len(rows) - 2, len(rows) - 1}
		for _, after := range places {
			for _, before := range places {
				for _, limit := range []int{1, 59, 60} {
					q.Window = audit.Window{Limit: limit, Backward: (after+before+limit)%2 == 0,
						After: cursorOf(q, rows, after), Before: cursorOf(q, rows, before)}
					if err := s.search(q); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

// cursorOf returns the cursor of one of the rows; nil for -1.
func cursorOf(q audit.Query, rows []*audit.Record, i int) *audit.Cursor {
	if i < 0 {
		return nil
	}
	cursor := q.CursorAt(audit.Hit{Record: rows[i]})
	return &cursor
}

func checkLargestPage(t testing.TB, s *subject) {
	for _, limit := range []int{499, 500} {
		for _, backward := range []bool{false, true} {
			q := everything
			q.Window = audit.Window{Limit: limit, Backward: backward}
			if err := s.search(q); err != nil {
				t.Error(err)
			}
		}
	}
	q := where(exact(query.UserID, "user-3"))
	q.Window.Limit = s.Oracle.Count(q) // a full page after which nothing comes
	if err := s.search(q); err != nil {
		t.Error(err)
	}
}

func checkAbsentCursor(t testing.TB, s *subject) {
	for _, order := range []audit.Order{{}, {Ascending: true}} {
		q := audit.Query{Scope: audit.AllOrgs(), Order: order, Window: audit.Window{Limit: 20}}
		for _, place := range []audit.Cursor{
			{Time: epoch, Org: "org-b", UniqueID: "tie-"},
			{Time: epoch, Org: "org-b", UniqueID: "tie-111x"},
			{Time: epoch, Org: "org-bb"},
			{Time: epoch},
			{Time: epoch.Add(-1), Org: "org-b"},
			{Time: epoch.Add(time.Millisecond + 1)},
			{Time: time.Unix(0, 0)},
			{Time: time.Date(2261, 12, 31, 23, 59, 59, 999_999_999, time.UTC), Org: "~"},
		} {
			place.Order = order
			for _, backward := range []bool{false, true} {
				q.Window = audit.Window{Limit: 20, After: &place, Backward: backward}
				if err := s.search(q); err != nil {
					t.Error(err)
				}
				q.Window = audit.Window{Limit: 20, Before: &place, Backward: backward}
				if err := s.search(q); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func checkRefusedWindows(t testing.TB, s *subject) {
	row := audit.Hit{Record: s.Oracle[0]}
	oldest := audit.Query{Order: audit.Order{Ascending: true}}.CursorAt(row)
	apiOnly := audit.Query{Kinds: []audit.Kind{audit.KindAPI}}.CursorAt(row)
	byRelevance := audit.Query{Order: audit.Order{Field: audit.ByRelevance}}.CursorAt(row)
	for name, window := range map[string]audit.Window{
		"no limit":                    {},
		"a negative limit":            {Limit: -1},
		"too high a limit":            {Limit: audit.MaxLookupRows + 1},
		"a cursor of the other order": {Limit: 1, After: &oldest},
		"a cursor of other kinds":     {Limit: 1, Before: &apiOnly},
		"a cursor by relevance":       {Limit: 1, After: &byRelevance},
	} {
		_, err := s.Store.Search(context.Background(), audit.Query{Scope: audit.AllOrgs(), Window: window})
		expectCode(t, "search with "+name, err, audit.BadUserInput)
		_, err = s.Store.Lookup(context.Background(), audit.Lookup{Scope: audit.AllOrgs(), Field: query.Session, Window: window})
		expectCode(t, "look up with "+name, err, audit.BadUserInput)
	}
}

// expectCode checks that an error has the code.
func expectCode(t testing.TB, what string, err error, code audit.Code) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, want %s", what, code)
		return
	}
	if got := audit.AsError(err); got.Code != code {
		t.Errorf("%s: %s (%v), want %s", what, got.Code, err, code)
	}
}
