package elastic

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// since reads one batch, which may be empty.
func since(t testing.TB, s *Store, after audit.Position, limit int) audit.FeedBatch {
	t.Helper()
	batch, err := s.Since(context.Background(), after, limit)
	if err != nil {
		t.Fatalf("since: %v", err)
	}
	return batch
}

// drain reads the feed to its end, and returns what it gave.
func drain(t testing.TB, s *Store, after audit.Position, limit int) (ids []string, end audit.Position) {
	t.Helper()
	for {
		batch := since(t, s, after, limit)
		if len(batch.Records) == 0 {
			return ids, batch.Next
		}
		for _, r := range batch.Records {
			ids = append(ids, r.UniqueID)
		}
		after = batch.Next
	}
}

func expectIDs(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// daily are a number of records of one day, several days before the test's time.
func daily(t testing.TB, name string, daysBefore, n int) (records []*audit.Record, ids []string) {
	t.Helper()
	for i := range n {
		ids = append(ids, fmt.Sprintf("%s-%d", name, i))
		records = append(records, event(t, "o", ids[i], testTime.AddDate(0, 0, -daysBefore), ""))
	}
	return records, ids
}

func dailyOptions(t testing.TB) Options {
	t.Helper()
	options := testOptions(t)
	options.Partition, options.Shards = Day, 2
	options.now = func() time.Time { return testTime }
	return options
}

func TestAFullShardKeepsNoOtherWaiting(t *testing.T) {
	t.Parallel()
	s := open(t, dailyOptions(t))
	full, _ := daily(t, "full", 0, 400)
	statuses(t, s, full...)
	var few []string
	for day := 1; day < 4; day++ {
		records, ids := daily(t, fmt.Sprintf("day-%d", day), day, 2)
		statuses(t, s, records...)
		few = append(few, ids...)
	}
	var first []string
	position := audit.Position("")
	for range 5 { // as many batches as hold ten records of each of the eight shards
		batch := since(t, s, position, 16)
		if again := since(t, s, position, 16); !slices.Equal(batch.Positions, again.Positions) {
			t.Error("the same position gave another batch")
		}
		for _, r := range batch.Records {
			first = append(first, r.UniqueID)
		}
		position = batch.Next
	}
	for _, id := range few {
		if !slices.Contains(first, id) {
			t.Errorf("%s is not among the first %d records", id, len(first))
		}
	}
	rest, _ := drain(t, s, position, 33)
	if all := append(first, rest...); len(all) != 406 || len(slices.Compact(slices.Sorted(slices.Values(all)))) != 406 {
		t.Errorf("%d records were given, want 406, each once", len(all))
	}
}

// With one record at a time, too, all shards have their turn.
func TestEachShardHasItsTurn(t *testing.T) {
	t.Parallel()
	s := open(t, dailyOptions(t))
	full, _ := daily(t, "full", 0, 40)
	late, _ := daily(t, "late", 1, 1)
	statuses(t, s, append(full, late...)...)
	position := audit.Position("")
	for turn := 1; ; turn++ {
		batch := since(t, s, position, 1)
		if batch.Records[0].UniqueID == "late-0" {
			break
		}
		if turn == 4 {
			t.Fatalf("after %d turns of four shards the one with a single record has not had its own", turn)
		}
		position = batch.Next
	}
}

func TestAnAppendIsInOrderWithinAShard(t *testing.T) {
	t.Parallel()
	options := dailyOptions(t)
	options.Shards = 1
	s := open(t, options)
	var want []string
	for round := range 5 {
		records, ids := daily(t, fmt.Sprint("r", round), 0, 30)
		statuses(t, s, records...)
		want = append(want, ids...)
	}
	if got, _ := drain(t, s, "", 7); !slices.Equal(got, want) {
		t.Errorf("the feed gave %v, want %v", got, want)
	}
}

func TestWaitersLearnOfAnotherProcess(t *testing.T) {
	t.Parallel()
	options := dailyOptions(t)
	reading, writing := open(t, options), open(t, options)
	end, err := reading.End(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const waiters = 20
	woken := make(chan error, waiters)
	for range waiters {
		go func() { woken <- reading.Wait(t.Context(), end) }()
	}
	records, _ := daily(t, "r", 3, 1) // in a partition that there was not
	statuses(t, writing, records...)
	appended := time.Now()
	for range waiters {
		select {
		case err := <-woken:
			if err != nil {
				t.Errorf("wait: %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("a reader was not woken")
		}
	}
	t.Logf("all were woken after %v", time.Since(appended))
}

// However many write at the same time, and number their records before one
// another: what was acknowledged has been given when a batch comes empty.
func TestAnEmptyBatchMeansThatAllAcknowledgedWasGiven(t *testing.T) {
	t.Parallel()
	options := dailyOptions(t)
	stores := []*Store{open(t, options), open(t, options)}
	var writers sync.WaitGroup
	for w := range 6 {
		writers.Go(func() {
			position := audit.Position("")
			for b := range 8 {
				records, ids := daily(t, fmt.Sprintf("w%d-%d", w, b), b%2, 3)
				statuses(t, stores[w%2], records...)
				var given []string
				given, position = drain(t, stores[(w+1)%2], position, 50)
				for _, id := range ids {
					if !slices.Contains(given, id) {
						t.Errorf("%s was acknowledged, and is not in the feed", id)
					}
				}
			}
		})
	}
	writers.Wait()
}

func TestTheEndIsAfterAllThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	s := open(t, dailyOptions(t))
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for b := range 8 {
				records, ids := daily(t, fmt.Sprintf("w%d-%d", w, b), b%2, 3)
				statuses(t, s, records...)
				end, err := s.End(context.Background())
				if err != nil {
					t.Errorf("end: %v", err)
					return
				}
				for _, r := range since(t, s, end, 500).Records {
					if slices.Contains(ids, r.UniqueID) {
						t.Errorf("%s was acknowledged before the end was asked for, and comes after it", r.UniqueID)
					}
				}
			}
		})
	}
	writers.Wait()
}
