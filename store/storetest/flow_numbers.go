package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func numberGroup() group {
	return group{name: "numbers", checks: []check{
		{"every page in every order, both ways", reading(numbered, checkNumberPages)},
		{"filtered pages", reading(numbered, checkFilteredNumbers)},
		{"windows", reading(numbered, checkNumberWindows)},
		{"pages that end at their bytes", reading(largeRows, checkLargeRows)},
		{"windows that are refused", reading(numbered, checkRefusedNumbers)},
		{"ranges", reading(numbered, checkNumberRanges)},
		{"what stays is neither repeated nor skipped while others change", checkNumbersUnderReplacement},
	}}
}

// reading is a check over some rows of its own.
func reading(rows func() []*audit.Record, run func(testing.TB, *subject)) func(testing.TB, *subject) {
	return func(t testing.TB, s *subject) {
		s.fill(t, rows())
		run(t, s)
	}
}

// numberOrders are all orders by a number.
func numberOrders() []audit.Order {
	return []audit.Order{{Field: audit.ByEndedAt}, {Field: audit.ByEndedAt, Ascending: true},
		{Field: audit.ByDuration}, {Field: audit.ByDuration, Ascending: true}}
}

func ordered(order audit.Order, scope audit.Scope, where query.Node) audit.Query {
	return audit.Query{Scope: scope, Kinds: []audit.Kind{audit.KindFlow}, Where: where, Order: order}
}

// numbered are 400 rows, many of which have the same numbers, and some none.
func numbered() []*audit.Record {
	var rows []*audit.Record
	for i := range 400 {
		lasts := time.Duration(i*7919%50) * 100 * time.Millisecond
		if i%4 == 0 {
			lasts = 0
		}
		row := flow(fmt.Sprintf("org-%c", 'a'+i%3), fmt.Sprintf("n-%03d", i*271%400), epoch.Add(time.Duration(i*31%97)*time.Second), lasts,
			map[query.Field][]string{query.FlowOutcome: {outcomes[i%4]}, query.UserID: {fmt.Sprintf("user-%d", i%5)}}).saying(fmt.Sprintf("number %d", i%7))
		if i%40 == 7 {
			delete(row.fields, query.FlowDurationMS)
		}
		rows = append(rows, row.record())
	}
	return rows
}

func checkNumberPages(t testing.TB, s *subject) {
	for _, order := range numberOrders() {
		for _, limit := range []int{13, 100, 400, 500} {
			if err := s.walkBoth(ordered(order, audit.AllOrgs(), nil), limit); err != nil {
				t.Error(err)
			}
		}
	}
}

func checkFilteredNumbers(t testing.TB, s *subject) {
	second := int64(1_000)
	for _, order := range numberOrders() {
		for _, q := range []audit.Query{
			ordered(order, audit.Orgs("org-b"), nil),
			ordered(order, audit.AllOrgs(), exact(query.UserID, "user-3")),
			ordered(order, audit.AllOrgs(), exact(query.FlowOutcome, "DENIED", "FAILED")),
			ordered(order, audit.Orgs("org-a", "org-c"), query.Words{Tokens: []string{"number", "3"}}),
			ordered(order, audit.AllOrgs(), query.ExactPrefix{Field: query.FlowOutcome, Prefix: "UN"}),
			ordered(order, audit.AllOrgs(), query.Not{Node: query.Has{Field: query.FlowDurationMS}}),
			ordered(order, audit.AllOrgs(), query.NumberRange{Field: query.FlowDurationMS, Min: &second}),
			ordered(order, audit.AllOrgs(), query.TimeRange{From: epoch.Add(10 * time.Second), To: epoch.Add(40 * time.Second)}),
			ordered(order, audit.AllOrgs(), query.None{}),
		} {
			if err := s.walkBoth(q, 17); err != nil {
				t.Error(err)
			}
		}
	}
}

func checkNumberWindows(t testing.TB, s *subject) {
	for _, order := range numberOrders() {
		q := ordered(order, audit.Orgs("org-a"), nil)
		rows := s.Matching(q)
		for _, after := range []int{-1, 0, 40, 41, len(rows) - 1} {
			for _, before := range []int{-1, 0, 41, 100, len(rows) - 1} {
				for _, limit := range []int{1, 59, 60} {
					q.Window = audit.Window{Limit: limit, Backward: (after+before+limit)%2 == 0,
						After: cursorOf(q, rows, after), Before: cursorOf(q, rows, before)}
					if err := s.search(q); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		for _, place := range []audit.Cursor{{Number: 0, Time: epoch}, {Number: 1_500, Time: epoch.Add(30 * time.Second), Org: "org-b", UniqueID: "n-"},
			{Number: -1, Time: epoch}, {Number: 1 << 62, Time: epoch, Org: "~"}} {
			place.Order, place.Kinds = order, q.Kinds
			for _, window := range []audit.Window{{Limit: 20, After: &place}, {Limit: 20, Before: &place, Backward: true}} {
				q.Window = window
				if err := s.search(q); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func checkRefusedNumbers(t testing.TB, s *subject) {
	byEnd := ordered(audit.Order{Field: audit.ByEndedAt}, audit.AllOrgs(), nil).CursorAt(audit.Hit{Record: s.Oracle[0]})
	for name, q := range map[string]audit.Query{
		"no kinds":                  {Scope: audit.AllOrgs(), Order: audit.Order{Field: audit.ByDuration}, Window: audit.Window{Limit: 1}},
		"a cursor of another order": {Scope: audit.AllOrgs(), Kinds: []audit.Kind{audit.KindFlow}, Order: audit.Order{Field: audit.ByDuration}, Window: audit.Window{Limit: 1, After: &byEnd}},
	} {
		_, err := s.Store.Search(context.Background(), q)
		expectCode(t, "order by a number with "+name, err, audit.BadUserInput)
	}
}

func checkNumberRanges(t testing.TB, s *subject) {
	bounds := []*int64{nil}
	for _, n := range []int64{-1 << 63, -1, 0, 1, 100, 101, 4_900, 4_901, 1<<63 - 1} {
		bounds = append(bounds, &n)
	}
	for i := range 4 {
		n := epoch.Add(time.Duration(i)*20*time.Second + time.Duration(i)).UnixNano()
		bounds = append(bounds, &n)
	}
	denied := exact(query.FlowOutcome, "DENIED")
	for _, field := range []query.Field{query.FlowDurationMS, query.FlowEndedAt} {
		for i, from := range bounds {
			for _, to := range []*int64{nil, bounds[(i+3)%len(bounds)]} {
				node := query.NumberRange{Field: field, Min: from, Max: to}
				checkFlowNodes(t, s, node, query.Or{Nodes: []query.Node{denied, node}}, query.And{Nodes: []query.Node{denied, node, query.Not{Node: query.NumberRange{Field: field, Min: to}}}})
			}
		}
	}
	checkFacet(t, s, audit.FacetRequest{Query: where(query.NumberRange{Field: query.FlowDurationMS, Min: bounds[5]}), Field: query.FlowOutcome, Size: 5})
	checkHistogram(t, s, audit.HistogramRequest{Query: where(query.NumberRange{Field: query.FlowDurationMS, Min: bounds[5]}), By: query.FlowOutcome, Size: 5})
}

// checkNumbersUnderReplacement pages while some rows change their numbers again and again.
func checkNumbersUnderReplacement(t testing.TB, s *subject) {
	s.fill(t, numbered())
	stay := func(r *audit.Record) bool { return len(r.UniqueID) > 0 && r.UniqueID[len(r.UniqueID)-1] != '0' }
	var moving []*audit.Record
	for _, r := range s.Oracle {
		if !stay(r) {
			moving = append(moving, r)
		}
	}
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() { moveUntil(t, s, moving, stop) })
	defer writer.Wait()
	defer close(stop)
	for _, order := range numberOrders() {
		q := ordered(order, audit.AllOrgs(), nil)
		var want []*audit.Record
		for _, r := range s.Matching(q) {
			if stay(r) {
				want = append(want, r)
			}
		}
		for _, backward := range []bool{false, true} {
			got, err := walkWhileMoving(s.Store, q, backward, stay)
			if err == nil {
				err = differ(got, want)
			}
			if err != nil {
				t.Fatalf("all pages of %s, while other rows change\n%v", describeQuery(q), err)
			}
		}
	}
}

// moveUntil gives rows other numbers until it is told to stop.
func moveUntil(t testing.TB, s *subject, rows []*audit.Record, stop <-chan struct{}) {
	for round := 1; ; round++ {
		select {
		case <-stop:
			return
		default:
		}
		versions := s.versions(t)
		var changes []audit.Replacement
		for i, r := range rows {
			state := flow(r.Org, r.UniqueID, r.Time, time.Duration((i*31+round*17)%60)*100*time.Millisecond, nil).record()
			changes = append(changes, audit.Replacement{Row: state, Was: versions[r.Key()]})
		}
		if err := s.rows().Replace(context.Background(), changes); err != nil {
			t.Errorf("replace rows: %v", err)
			return
		}
	}
}

// walkWhileMoving collects those rows of all pages that stay what they are.
func walkWhileMoving(store audit.Searcher, q audit.Query, backward bool, stay func(*audit.Record) bool) ([]*audit.Record, error) {
	var all []*audit.Record
	q.Window = audit.Window{Limit: 29, Backward: backward}
	for {
		page, err := store.Search(context.Background(), q)
		if err != nil {
			return nil, err
		}
		var kept []*audit.Record
		for _, r := range page.Records() {
			if stay(r) {
				kept = append(kept, r)
			}
		}
		more := page.HasNext
		if backward {
			all, more = append(kept, all...), page.HasPrevious
		} else {
			all = append(all, kept...)
		}
		if !more {
			return all, nil
		}
		if q.Window, err = nextWindow(q, page); err != nil {
			return nil, err
		}
	}
}
