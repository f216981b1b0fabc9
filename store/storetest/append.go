package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

func appendGroup() group {
	return group{name: "append", checks: []check{
		{"duplicates inside a batch and across batches", checkDuplicates},
		{"duplicates across concurrent batches", checkConcurrentDuplicates},
		{"a repeat changes nothing", checkRepeatChangesNothing},
		{"a repeat at another time", checkRepeatAtAnotherTime},
		{"one unique_id in two orgs", checkSameIDInTwoOrgs},
		{"records older than what is there", checkOlderRecords},
		{"acknowledged records are visible at once", checkVisibleAtOnce},
		{"an empty batch", checkEmptyBatch},
		{"an empty store", checkEmptyStore},
		{"paging while records are inserted", checkPagingUnderInserts},
	}}
}

// statuses appends a batch and returns what became of each record.
func (s *subject) statuses(t testing.TB, batch ...*audit.Record) []audit.OutcomeStatus {
	t.Helper()
	outcomes, err := s.Append(context.Background(), batch)
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	statuses := make([]audit.OutcomeStatus, len(outcomes))
	for i, outcome := range outcomes {
		statuses[i] = outcome.Status
	}
	return statuses
}

func checkDuplicates(t testing.TB, s *subject) {
	const accepted, duplicate = audit.Accepted, audit.Duplicate
	a, b, c := event("a", epoch, ""), event("b", epoch, ""), event("c", epoch.Add(-time.Hour), "")
	for _, step := range []struct {
		batch []*audit.Record
		want  []audit.OutcomeStatus
	}{
		{[]*audit.Record{b, a, b, b}, []audit.OutcomeStatus{accepted, accepted, duplicate, duplicate}},
		{[]*audit.Record{a, c, a, c}, []audit.OutcomeStatus{duplicate, accepted, duplicate, duplicate}},
		{[]*audit.Record{a, b, c}, []audit.OutcomeStatus{duplicate, duplicate, duplicate}},
	} {
		if got := s.statuses(t, step.batch...); !slices.Equal(got, step.want) {
			t.Errorf("outcomes %v, want %v", got, step.want)
		}
	}
	s.Oracle = Oracle{a, b, c}
	s.expectHeld(t)
}

// expectHeld checks that searches, counts and the feed all give what the oracle has.
func (s *subject) expectHeld(t testing.TB) {
	t.Helper()
	if err := s.search(everything); err != nil {
		t.Error(err)
	}
	checkCounts(t, s, everything)
	fed, err := s.Since(context.Background(), "", len(s.Oracle)+10)
	if err == nil {
		err = differ(sorted(fed.Records), sorted(s.Oracle))
	}
	if err != nil {
		t.Errorf("the feed: %v", err)
	}
}

// sorted returns the records in their total order.
func sorted(records []*audit.Record) []*audit.Record {
	return slices.SortedFunc(slices.Values(records), func(a, b *audit.Record) int {
		return audit.Order{Ascending: true}.Compare(audit.Hit{Record: a}, audit.Hit{Record: b})
	})
}

func checkConcurrentDuplicates(t testing.TB, s *subject) {
	const writers, size = 8, 40
	var batch []*audit.Record
	for i := range size {
		batch = append(batch, event(fmt.Sprintf("d-%d", i), epoch.Add(time.Duration(i%5)*time.Second), ""))
	}
	accepted := make([][]audit.OutcomeStatus, writers)
	var group sync.WaitGroup
	for w := range writers {
		own := append(slices.Clone(batch[w:]), batch[:w]...) // each in another order
		group.Go(func() {
			outcomes, err := s.Append(context.Background(), own)
			if err != nil || len(outcomes) != size {
				t.Errorf("append: %d outcomes, %v", len(outcomes), err)
				return
			}
			statuses := make([]audit.OutcomeStatus, size)
			for i, outcome := range outcomes {
				statuses[(i+w)%size] = outcome.Status
			}
			accepted[w] = statuses
		})
	}
	group.Wait()
	if t.Failed() {
		return
	}
	for i := range size {
		counts := map[audit.OutcomeStatus]int{}
		for w := range writers {
			counts[accepted[w][i]]++
		}
		if counts[audit.Accepted] != 1 || counts[audit.Duplicate] != writers-1 {
			t.Errorf("of %d times the same record %d were accepted and %d duplicates", writers, counts[audit.Accepted], counts[audit.Duplicate])
		}
	}
	s.Oracle = batch
	s.expectHeld(t)
}

func checkRepeatChangesNothing(t testing.TB, s *subject) {
	s.fill(t, []*audit.Record{event("a", epoch, `"user_id":"before","x":"old words"`)})
	s.repeat(t, event("a", epoch, `"user_id":"after","x":"new words"`))
}

func checkRepeatAtAnotherTime(t testing.TB, s *subject) {
	if s.except.RepeatAtAnotherTime {
		t.Skip("the adapter declares that it cannot see such a repeat")
	}
	s.fill(t, []*audit.Record{event("a", epoch, "")})
	for _, by := range []time.Duration{1, -time.Second, 1000 * 24 * time.Hour} {
		s.repeat(t, event("a", epoch.Add(by), `"user_id":"after"`))
	}
}

// repeat appends what must be a duplicate.
func (s *subject) repeat(t testing.TB, r *audit.Record) {
	t.Helper()
	if got := s.statuses(t, r); !slices.Equal(got, []audit.OutcomeStatus{audit.Duplicate}) {
		t.Errorf("the repeat is %v, want a duplicate: %s", got, describe(r))
	}
	s.expectHeld(t)
}

func checkSameIDInTwoOrgs(t testing.TB, s *subject) {
	s.fill(t, []*audit.Record{eventOf("org-b", "same", epoch, ""), eventOf("org-a", "same", epoch, ""), decode(
		`{"unique_id":"same","create_time":"2026-03-01T06:00:00Z","event":{}}`, "")})
	s.expectHeld(t)
	for _, org := range []string{"", "org-a", "org-b", "org"} {
		if err := s.search(audit.Query{Scope: audit.Orgs(org)}); err != nil {
			t.Error(err)
		}
	}
	// Ids that could be mistaken for one another when org and unique_id are only put together.
	s.fill(t, []*audit.Record{eventOf("x", "y-z", epoch, ""), eventOf("x-y", "z", epoch, ""), eventOf("x/y", "z", epoch, ""),
		eventOf("x\x00y", "z", epoch, ""), eventOf("ORG-A", "same", epoch, ""), eventOf("org-a", "SAME", epoch, "")})
	s.expectHeld(t)
}

func checkOlderRecords(t testing.TB, s *subject) {
	for i := range 20 {
		at := epoch.Add(-time.Duration(i*i) * 11 * time.Hour)
		s.fill(t, []*audit.Record{event(fmt.Sprintf("old-%d", i), at, ""), event(fmt.Sprintf("twin-%d", i), epoch, "")})
	}
	s.fill(t, []*audit.Record{event("oldest", firstTime, ""), event("newest", lastTime, "")})
	s.expectHeld(t)
	if err := s.walkBoth(everything, 5); err != nil {
		t.Error(err)
	}
}

func checkVisibleAtOnce(t testing.TB, s *subject) {
	for i := range 20 {
		s.fill(t, []*audit.Record{event(fmt.Sprintf("v-%d", i), epoch.Add(time.Duration(i*7%20)*time.Second), `"user_id":"me"`)})
		if err := s.searchText("user:me"); err != nil {
			t.Fatal(err)
		}
	}
	s.expectHeld(t)
}

func checkEmptyBatch(t testing.TB, s *subject) {
	if got := s.statuses(t); len(got) != 0 {
		t.Errorf("an empty batch has the outcomes %v", got)
	}
	s.expectHeld(t)
}

func checkEmptyStore(t testing.TB, s *subject) {
	s.expectHeld(t)
	checkLookup(t, s, audit.Lookup{Scope: audit.AllOrgs(), Field: "session", Keys: []audit.LookupKey{{Org: "a", Value: "x"}}})
	checkHistogram(t, s, audit.HistogramRequest{Query: everything})
	if err := s.Ready(context.Background()); err != nil {
		t.Errorf("ready: %v", err)
	}
}
