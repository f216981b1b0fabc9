package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

func flowFeedGroup() group {
	return group{name: "feed of rows", checks: []check{
		{"each row once, in its newest state", checkCompactFeed},
		{"a removed row is passed over", checkRemovedFeed},
		{"what changes while it is read comes again", checkFeedUnderReplacement},
		{"a wait wakes for a change, and ends with its context", checkFlowWait},
		{"foreign positions are refused", func(t testing.TB, s *subject) {
			s.fill(t, logins(3))
			expectForeignPositionsRefused(t, s)
		}},
	}}
}

// fed reads the feed from a position to its end, and returns each row's newest state.
func (s *subject) fed(t testing.TB, position audit.Position, limit int) (map[audit.Key]*audit.Record, audit.Position) {
	t.Helper()
	fed := map[audit.Key]*audit.Record{}
	for {
		batch, err := s.Since(context.Background(), position, limit)
		if err != nil {
			t.Fatalf("since %q: %v", position, err)
		}
		if len(batch.Records) == 0 {
			if batch.Next != position {
				t.Errorf("at the end the position moved from %q to %q", position, batch.Next)
			}
			return fed, position
		}
		if len(batch.Records) > limit || len(batch.Positions) != len(batch.Records) || batch.Positions[len(batch.Records)-1] != batch.Next {
			t.Fatalf("a batch of %d rows, with the limit %d, %d positions and the next %q", len(batch.Records), limit, len(batch.Positions), batch.Next)
		}
		for _, r := range batch.Records {
			if fed[r.Key()] != nil {
				t.Errorf("fed twice, while nothing changed: %s", describe(r))
			}
			if r.Version == "" {
				t.Errorf("fed without its version: %s", describe(r))
			}
			fed[r.Key()] = r
		}
		position = batch.Next
	}
}

// expectFed checks that the feed gives these rows from a position on, and returns its end.
func (s *subject) expectFed(t testing.TB, position audit.Position, want []*audit.Record) audit.Position {
	t.Helper()
	var end audit.Position
	for _, limit := range []int{1, 7, 500} {
		var fed map[audit.Key]*audit.Record
		fed, end = s.fed(t, position, limit)
		if len(fed) != len(want) {
			t.Errorf("%d rows are fed, want %d", len(fed), len(want))
		}
		for _, row := range want {
			got := fed[row.Key()]
			if got == nil {
				t.Fatalf("not fed: %s", describe(row))
			}
			if err := sameRecord(got, row); err != nil {
				t.Fatalf("fed in another state: %v", err)
			}
		}
	}
	return end
}

func checkCompactFeed(t testing.TB, s *subject) {
	rows := logins(30)
	s.fill(t, rows)
	end := s.expectFed(t, "", rows)
	for round := 1; round <= 3; round++ { // twice each time: only the newest state is given
		var changed []*audit.Record
		for _, revision := range []int{2 * round, 2*round + 1} {
			versions := s.versions(t)
			var changes []audit.Replacement
			changed = nil
			for i := 0; i < 30; i += round {
				r := login(i, "DENIED", revision).record()
				changes = append(changes, audit.Replacement{Row: r, Was: versions[r.Key()]})
				changed = append(changed, r)
			}
			s.replace(t, changes...)
		}
		end = s.expectFed(t, end, changed)
		s.expectFed(t, "", s.Oracle)
	}
	now, err := s.End(context.Background())
	if err != nil {
		t.Fatalf("end: %v", err)
	}
	s.expectFed(t, now, nil)
	versions := s.versions(t)
	fed, _ := s.fed(t, "", 500)
	for key, r := range fed {
		if r.Version != versions[key] {
			t.Errorf("the feed says the version %q, a search %q", r.Version, versions[key])
		}
	}
}

func checkRemovedFeed(t testing.TB, s *subject) {
	rows := logins(6)
	s.fill(t, rows)
	end := s.expectFed(t, "", rows)
	added := []*audit.Record{login(6, "DENIED", 0).record(), login(7, "DENIED", 0).record()}
	s.fill(t, added)
	versions := s.versions(t)
	for _, row := range []*audit.Record{rows[2], added[0], added[1]} {
		s.replace(t, audit.Replacement{Row: row, Was: versions[row.Key()], Remove: true})
	}
	s.expectFed(t, "", s.Oracle)
	end = s.expectFed(t, end, nil)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	for woken := 0; ctx.Err() == nil; woken++ {
		if err := s.Wait(ctx, end); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting after rows that were removed: %v, want the context's error", err)
		}
		if woken > 1_000 {
			t.Fatal("a wait for rows that were removed wakes again and again")
		}
	}
	again := login(6, "SUCCEEDED", 1).record()
	s.replace(t, audit.Replacement{Row: again})
	s.expectFed(t, end, []*audit.Record{again})
}

// checkFeedUnderReplacement reads the feed while rows change: at its end every row was given in its last state.
func checkFeedUnderReplacement(t testing.TB, s *subject) {
	const revisions, size = 25, 10
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	s.fill(t, logins(size))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for revision := 1; revision <= revisions; revision++ {
			versions := s.versions(t)
			var changes []audit.Replacement
			for i := revision % 2; i < size; i += 2 {
				r := login(i, "DENIED", revision).record()
				changes = append(changes, audit.Replacement{Row: r, Was: versions[r.Key()]})
			}
			s.replace(t, changes...)
		}
	}()
	last, position := map[audit.Key]*audit.Record{}, audit.Position("")
	for over := false; ; {
		batch, err := s.Since(ctx, position, 3)
		if err != nil {
			t.Fatalf("since: %v", err)
		}
		for _, r := range batch.Records {
			last[r.Key()] = r
		}
		position = batch.Next
		if len(batch.Records) > 0 {
			continue
		}
		if over {
			break
		}
		select {
		case <-done:
			over = true
		case <-time.After(time.Millisecond):
		}
	}
	for _, row := range s.Oracle {
		if last[row.Key()] == nil {
			t.Fatalf("never fed: %s", describe(row))
		}
		if err := sameRecord(last[row.Key()], row); err != nil {
			t.Errorf("last fed in another state: %v", err)
		}
	}
}

func checkFlowWait(t testing.TB, s *subject) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s.fill(t, logins(2))
	if err := s.Wait(ctx, ""); err != nil {
		t.Errorf("waiting where rows are: %v", err)
	}
	end, err := s.End(ctx)
	if err != nil {
		t.Fatalf("end: %v", err)
	}
	versions := s.versions(t)
	woken := make(chan error, 1)
	go func() { woken <- s.Wait(ctx, end) }()
	r := login(1, "DENIED", 1).record()
	s.replace(t, audit.Replacement{Row: r, Was: versions[r.Key()]})
	if err := <-woken; err != nil {
		t.Errorf("waiting while a row is replaced: %v", err)
	}
	s.expectFed(t, end, []*audit.Record{r})
}

// RunFlowReopen checks that a store of rows kept in a folder is the same after it
// was closed and opened again: rows, versions, counts, feed and positions.
func RunFlowReopen(t testing.TB, open func(t testing.TB, dir string) audit.FlowStore) {
	t.Helper()
	dir := t.TempDir()
	inDir := OpenFlows(func(t testing.TB) audit.FlowStore { return open(t, dir) })
	s := newSubject(t, inDir.asStore, Except{})
	s.fillAndReplace(t, 3)
	kept := s.fillRegistry(t)
	_, end := s.fed(t, "", 50)
	for round := range 2 {
		versions := s.versions(t)
		changed := login(round, "DENIED", round).record()
		gone := s.Oracle[0]
		s.replace(t, audit.Replacement{Row: changed}, audit.Replacement{Row: gone, Was: versions[gone.Key()], Remove: true})
		versions = s.versions(t)
		if err := s.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
		s.Store = inDir.asStore(t)
		s.expectRows(t)
		kept.expect(t, s)
		if now := s.versions(t); fmt.Sprint(now) != fmt.Sprint(versions) {
			t.Error("the versions of rows are others after it was opened again")
		}
		end = s.expectFed(t, end, []*audit.Record{changed})
		s.expectFed(t, "", s.Oracle)
	}
}
