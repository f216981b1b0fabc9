package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

func checkPagingUnderInserts(t testing.TB, s *subject) {
	s.fill(t, ties()[:300])
	before := s.Matching(everything)
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() { insertUntil(t, s, stop) })
	defer writer.Wait()
	defer close(stop)
	for _, backward := range []bool{false, true} {
		got, err := walk(s.Store, audit.Query{Scope: audit.AllOrgs(), Window: audit.Window{Limit: 29, Backward: backward}})
		if err != nil {
			t.Fatal(err)
		}
		held, kept := map[audit.Key]bool{}, []*audit.Record(nil)
		for _, r := range before {
			held[r.Key()] = true
		}
		seen := map[audit.Key]bool{}
		for _, r := range got {
			if seen[r.Key()] {
				t.Fatalf("paging repeated %s", describe(r))
			}
			seen[r.Key()] = true
			if held[r.Key()] {
				kept = append(kept, r)
			}
		}
		if err := differ(kept, before); err != nil {
			t.Fatalf("of the records that were there before: %v", err)
		}
	}
}

// insertUntil appends records among those that are there, the same instants
// included. It ends by itself long before the pages would not.
func insertUntil(t testing.TB, s *subject, stop chan struct{}) {
	for i := range 400 {
		select {
		case <-stop:
			return
		default:
		}
		at := epoch.Add(time.Duration(i%3) * time.Millisecond / 2)
		batch := []*audit.Record{event(fmt.Sprintf("new-%d", i), at, ""), event(fmt.Sprintf("tie-%d-new", i), epoch, "")}
		if _, err := s.Append(context.Background(), batch); err != nil {
			t.Errorf("append meanwhile: %v", err)
			return
		}
	}
}
