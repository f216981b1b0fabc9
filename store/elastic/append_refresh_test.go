package elastic

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// refreshed counts refreshes that take a while, in a test's own time.
func refreshed(work *sync.WaitGroup, err error) (*refreshes, *[][]string) {
	var calls [][]string
	r := &refreshes{
		refresh: func(indices []string) error {
			calls = append(calls, indices)
			time.Sleep(10 * time.Millisecond)
			return err
		},
		run:  func(do func()) bool { work.Go(do); return true },
		done: make(chan struct{}),
	}
	return r, &calls
}

func TestThoseWhoWaitShareARefreshThatBeginsAfterThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var work sync.WaitGroup
		r, calls := refreshed(&work, nil)
		start := time.Now()
		wait := func(after time.Duration, index string, until time.Duration) {
			work.Go(func() {
				time.Sleep(after)
				if err := r.wait(context.Background(), map[string]bool{index: true}); err != nil {
					t.Errorf("wait: %v", err)
				}
				if got := time.Since(start); got != until {
					t.Errorf("who came after %v waited until %v, want %v", after, got, until)
				}
			})
		}
		const ms = time.Millisecond
		wait(0, "a", 10*ms)                                      // at once
		wait(5*ms, "b", refreshDistance+10*ms)                   // the first has begun without it
		wait(100*ms, "c", refreshDistance+10*ms)                 // shares the second
		wait(refreshDistance+5*ms, "a", 2*refreshDistance+10*ms) // the third
		wait(10*refreshDistance, "a", 10*refreshDistance+10*ms)  // at once again
		work.Wait()
		want := [][]string{{"a"}, {"b", "c"}, {"a"}, {"a"}}
		if !slices.EqualFunc(*calls, want, slices.Equal) {
			t.Errorf("refreshed %v, want %v", *calls, want)
		}
	})
}

func TestAFailedRefreshIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var work sync.WaitGroup
		failure := errors.New("failed")
		r, _ := refreshed(&work, failure)
		if err := r.wait(context.Background(), map[string]bool{"a": true}); !errors.Is(err, failure) {
			t.Errorf("wait: %v", err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := r.wait(ctx, map[string]bool{"a": true}); !errors.Is(err, context.Canceled) {
			t.Errorf("wait with a context that has ended: %v", err)
		}
		work.Wait()
		r.run = func(func()) bool { return false }
		if err := r.wait(context.Background(), nil); audit.AsError(err).Code != audit.Unavailable {
			t.Errorf("wait when the store is closed: %v", err)
		}
	})
}
