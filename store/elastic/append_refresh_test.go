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
		run:   func(do func()) bool { work.Go(do); return true },
		done:  make(chan struct{}),
		quiet: make(chan struct{}, 1),
	}
	return r, &calls
}

// wrote is somebody who has written for a while and waits.
func wrote(ctx context.Context, r *refreshes, writing time.Duration, indices ...string) error {
	r.begin()
	time.Sleep(writing)
	touched := map[string]bool{}
	for _, index := range indices {
		touched[index] = true
	}
	refresh, err := r.finish(touched)
	if err != nil || refresh == nil {
		return err
	}
	return refresh.wait(ctx)
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
				if err := wrote(context.Background(), r, 0, index); err != nil {
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

func TestARefreshWaitsForThoseWhoWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var work sync.WaitGroup
		r, calls := refreshed(&work, nil)
		start := time.Now()
		for _, w := range []struct {
			writing time.Duration
			indices []string
			until   time.Duration
		}{
			{0, []string{"a"}, 410 * time.Millisecond},
			{400 * time.Millisecond, []string{"b"}, 410 * time.Millisecond}, // the last of them
			{300 * time.Millisecond, nil, 300 * time.Millisecond},           // it failed, or all were repeats
		} {
			work.Go(func() {
				if err := wrote(context.Background(), r, w.writing, w.indices...); err != nil {
					t.Errorf("wait: %v", err)
				}
				if got := time.Since(start); got != w.until {
					t.Errorf("who wrote %v to %v waited until %v, want %v", w.writing, w.indices, got, w.until)
				}
			})
		}
		work.Wait()
		work.Go(func() { _ = wrote(context.Background(), r, time.Hour, "long") })
		time.Sleep(time.Second)
		before := time.Now()
		if err := wrote(context.Background(), r, 0, "a"); err != nil || time.Since(before) != gatherAtMost+10*time.Millisecond {
			t.Errorf("beside one who writes for an hour it took %v (%v)", time.Since(before), err)
		}
		work.Wait()
		want := [][]string{{"a", "b"}, {"a"}, {"long"}}
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
		if err := wrote(context.Background(), r, 0, "a"); !errors.Is(err, failure) {
			t.Errorf("wait: %v", err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := wrote(ctx, r, 0, "a"); !errors.Is(err, context.Canceled) {
			t.Errorf("wait with a context that has ended: %v", err)
		}
		work.Wait()
		r.run = func(func()) bool { return false }
		if err := wrote(context.Background(), r, 0, "a"); audit.AsError(err).Code != audit.Unavailable {
			t.Errorf("wait when the store is closed: %v", err)
		}
	})
}
