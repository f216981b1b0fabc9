package storetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

// OpenIn opens the store that is kept in a folder.
type OpenIn func(t testing.TB, dir string) audit.Store

// RunReopen checks that a store kept in a folder is the same after it was closed
// and opened again: its records, counts, feed and positions, what it takes for a
// duplicate, and its registry.
func RunReopen(t testing.TB, open OpenIn) {
	t.Helper()
	dir := t.TempDir()
	s := newSubject(t, func(t testing.TB) audit.Store { return open(t, dir) }, Except{})
	s.fill(t, awkward())
	s.fill(t, ties())
	before, err := s.Since(context.Background(), "", len(s.Oracle)+1)
	if err != nil {
		t.Fatalf("since the beginning: %v", err)
	}
	end := before.Next
	kept := s.fillRegistry(t)
	for round := range 2 {
		if err := s.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
		s.Store = open(t, dir)
		s.expectHeld(t)
		kept.expect(t, s)
		again, err := s.Since(context.Background(), "", len(before.Records))
		if err == nil {
			err = differ(again.Records, before.Records)
		}
		if err != nil {
			t.Fatalf("the feed after it was opened again: %v", err)
		}
		for i, status := range s.statuses(t, s.Oracle[:10]...) {
			if status != audit.Duplicate {
				t.Errorf("the repeat is %v, want a duplicate: %s", status, describe(s.Oracle[i]))
			}
		}
		added := shuffled(fmt.Sprintf("reopened-%d", round), 5)
		s.fill(t, added)
		fed, err := s.Since(context.Background(), end, 100)
		if err == nil {
			err = differ(fed.Records, added)
		}
		if err != nil {
			t.Fatalf("after the end of before it was closed: %v", err)
		}
		end = fed.Next
		if err := s.walkBoth(everything, 300); err != nil {
			t.Error(err)
		}
	}
}
