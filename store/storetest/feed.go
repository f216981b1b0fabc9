package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

func feedGroup() group {
	return group{name: "feed", checks: []check{
		{"persistence order, from every position", checkFeedOrder},
		{"the end, and what comes after it", checkFeedEnd},
		{"lossless while four writers append", checkFeedUnderWriters},
		{"a wait wakes, and ends with its context", checkWait},
		{"foreign positions are refused", checkForeignPositions},
		{"how many rows are behind a position", checkBehind},
	}}
}

// shuffled are records whose order in time is not that in which they are sent.
// They lie within a day: a store that keeps times apart may have a feed for each.
func shuffled(prefix string, n int) []*audit.Record {
	var records []*audit.Record
	for i := range n {
		at := epoch.Add(time.Duration(i*7919%1_000) * time.Second)
		records = append(records, event(fmt.Sprintf("%s-%d", prefix, i*31%n), at, `"event_name":"Token"`))
	}
	return records
}

func checkFeedOrder(t testing.TB, s *subject) {
	records := shuffled("f", 60)
	for _, cut := range [][2]int{{0, 1}, {1, 30}, {30, 31}, {31, 60}} {
		s.fill(t, records[cut[0]:cut[1]])
		s.statuses(t, records[0], records[cut[0]]) // repeats are not fed again
	}
	ctx := context.Background()
	for _, limit := range []int{1, 7, 59, 60, 61, 1_000} {
		var fed []*audit.Record
		for position := audit.Position(""); ; {
			batch, err := s.Since(ctx, position, limit)
			if err != nil {
				t.Fatalf("since %q: %v", position, err)
			}
			if len(batch.Records) > limit {
				t.Fatalf("%d records, more than the limit %d", len(batch.Records), limit)
			}
			if len(batch.Records) == 0 {
				if batch.Next != position {
					t.Errorf("at the end the position moved from %q to %q", position, batch.Next)
				}
				break
			}
			checkPositions(t, s, batch)
			fed, position = append(fed, batch.Records...), batch.Next
			if len(fed) > len(records) {
				break
			}
		}
		if err := differ(fed, records); err != nil {
			t.Errorf("with the limit %d: %v", limit, err)
		}
	}
}

// checkPositions goes on from a position inside the batch, and must meet the rest of it.
func checkPositions(t testing.TB, s *subject, batch audit.FeedBatch) {
	t.Helper()
	if len(batch.Positions) != len(batch.Records) {
		t.Fatalf("%d positions of %d records", len(batch.Positions), len(batch.Records))
	}
	last := len(batch.Records) - 1
	if batch.Positions[last] != batch.Next {
		t.Errorf("the position after the last record is %q, after the batch %q", batch.Positions[last], batch.Next)
	}
	middle := len(batch.Records) / 2
	rest, err := s.Since(context.Background(), batch.Positions[middle], len(batch.Records)-middle)
	if err == nil {
		err = differ(rest.Records[:min(last-middle, len(rest.Records))], batch.Records[middle+1:])
	}
	if err != nil {
		t.Errorf("from inside a batch of %d: %v", len(batch.Records), err)
	}
}

func checkFeedEnd(t testing.TB, s *subject) {
	ctx := context.Background()
	for i := range 4 {
		end, err := s.End(ctx)
		if err != nil {
			t.Fatalf("end: %v", err)
		}
		if batch, err := s.Since(ctx, end, 10); len(batch.Records) != 0 || batch.Next != end || err != nil {
			t.Errorf("after the end come %d records, position %q → %q, %v", len(batch.Records), end, batch.Next, err)
		}
		added := shuffled(fmt.Sprintf("e%d", i), 5)
		s.fill(t, added)
		batch, err := s.Since(ctx, end, 100)
		if err == nil {
			err = differ(batch.Records, added)
		}
		if err != nil {
			t.Errorf("after the former end: %v", err)
		}
		if strings.ContainsFunc(string(batch.Next), func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("the position %q is not printable", batch.Next)
		}
	}
}

func checkFeedUnderWriters(t testing.TB, s *subject) {
	const writers, batches, size = 4, 40, 3
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	var group sync.WaitGroup
	defer group.Wait()
	for w := range writers {
		group.Go(func() {
			for b := range batches {
				batch := shuffled(fmt.Sprintf("w%d-%d", w, b), size)
				if _, err := s.Append(ctx, batch); err != nil {
					t.Errorf("append: %v", err)
				}
			}
		})
	}
	seen, position := map[string]int{}, audit.Position("")
	for len(seen) < writers*batches*size {
		if err := s.Wait(ctx, position); err != nil {
			t.Fatalf("wait after %d of %d records: %v", len(seen), writers*batches*size, err)
		}
		batch, err := s.Since(ctx, position, 13)
		if err != nil {
			t.Fatalf("since: %v", err)
		}
		for _, r := range batch.Records {
			if seen[r.UniqueID]++; seen[r.UniqueID] > 1 {
				t.Fatalf("fed twice: %s", describe(r))
			}
		}
		position = batch.Next
	}
	group.Wait()
	if batch, err := s.Since(ctx, position, 10); len(batch.Records) != 0 || err != nil {
		t.Errorf("after everything come %d records more, %v", len(batch.Records), err)
	}
}

func checkWait(t testing.TB, s *subject) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s.fill(t, shuffled("first", 1))
	if err := s.Wait(ctx, ""); err != nil {
		t.Errorf("waiting where records are: %v", err)
	}
	end, err := s.End(ctx)
	if err != nil {
		t.Fatalf("end: %v", err)
	}
	short, stop := context.WithTimeout(ctx, 30*time.Millisecond)
	defer stop()
	for short.Err() == nil { // it may wake for nothing, but not for ever
		if err := s.Wait(short, end); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting at the end: %v, want the context's error", err)
		}
	}
	woken := make(chan error, 2)
	for range cap(woken) {
		go func() { woken <- s.Wait(ctx, end) }()
	}
	s.fill(t, shuffled("second", 1))
	for range cap(woken) {
		if err := <-woken; err != nil {
			t.Errorf("waiting while a record is appended: %v", err)
		}
	}
}

func checkForeignPositions(t testing.TB, s *subject) {
	s.fill(t, shuffled("f", 3))
	expectForeignPositionsRefused(t, s)
}

func expectForeignPositionsRefused(t testing.TB, s *subject) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, position := range []audit.Position{"nonsense", "-1", "💥", "1 OR 1=1", "0x10", " ", audit.Position(strings.Repeat("9", 400))} {
		_, err := s.Since(ctx, position, 1)
		expectCode(t, fmt.Sprintf("since %.20q", position), err, audit.BadUserInput)
	}
}
