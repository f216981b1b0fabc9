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

// refreshTook is how long such a refresh takes: so long that the next one keeps the whole distance.
const refreshTook = 50 * time.Millisecond

// refreshed counts refreshes that take a while, in a test's own time.
func refreshed(work *sync.WaitGroup, err error) (*refreshes, *[][]string) {
	var calls [][]string
	r := &refreshes{
		refresh: func(indices []string) error {
			calls = append(calls, indices)
			time.Sleep(refreshTook)
			return err
		},
		run:   func(do func()) bool { work.Go(do); return true },
		done:  make(chan struct{}),
		quiet: make(chan struct{}, 1),
		noted: map[string]bool{},
		apart: map[string]bool{},
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
		wait(0, "a", refreshTook)                                      // at once
		wait(5*ms, "b", refreshDistance+refreshTook)                   // the first has begun without it
		wait(100*ms, "c", refreshDistance+refreshTook)                 // shares the second
		wait(refreshDistance+5*ms, "a", 2*refreshDistance+refreshTook) // the third
		wait(10*refreshDistance, "a", 10*refreshDistance+refreshTook)  // at once again
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
			{0, []string{"a"}, 400*time.Millisecond + refreshTook},
			{400 * time.Millisecond, []string{"b"}, 400*time.Millisecond + refreshTook}, // the last of them
			{300 * time.Millisecond, nil, 300 * time.Millisecond},                       // it failed, or all were repeats
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
		if err := wrote(context.Background(), r, 0, "a"); err != nil || time.Since(before) != gatherAtMost+refreshTook {
			t.Errorf("beside one who writes for an hour it took %v (%v)", time.Since(before), err)
		}
		work.Wait()
		want := [][]string{{"a", "b"}, {"a"}, {"long"}}
		if !slices.EqualFunc(*calls, want, slices.Equal) {
			t.Errorf("refreshed %v, want %v", *calls, want)
		}
	})
}

func TestAQuickRefreshIsSoonFollowedByTheNext(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]time.Duration{
		5 * time.Millisecond: 20 * time.Millisecond, time.Second: refreshDistance,
	} {
		if got := distance(took); got != want {
			t.Errorf("one of %v is followed after %v, want %v", took, got, want)
		}
	}
}

func TestWhoReadsWaitsForWhatWasNoted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var work sync.WaitGroup
		r, calls := refreshed(&work, nil)
		start := time.Now()
		read := func(after, until time.Duration) {
			work.Go(func() {
				time.Sleep(after)
				if err := r.seen(context.Background(), false); err != nil {
					t.Errorf("read: %v", err)
				}
				if got := time.Since(start); got != until {
					t.Errorf("who read after %v waited until %v, want %v", after, got, until)
				}
			})
		}
		const ms = time.Millisecond
		read(0, 0) // nothing was written
		time.AfterFunc(1*ms, func() { r.note(map[string]bool{"a": true}, nil) })
		read(5*ms, 5*ms+refreshTook)
		read(10*ms, 5*ms+refreshTook) // what was written before the refresh that is under way
		time.AfterFunc(20*ms, func() { r.note(map[string]bool{"b": true}, nil) })
		read(30*ms, 5*ms+refreshDistance+refreshTook)
		read(500*ms, 500*ms) // all of it was shown
		work.Wait()
		if want := [][]string{{"a"}, {"b"}}; !slices.EqualFunc(*calls, want, slices.Equal) {
			t.Errorf("refreshed %v, want %v", *calls, want)
		}
	})
}

func TestWhoAsksForNothingApartDoesNotWaitForIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var work sync.WaitGroup
		r, calls := refreshed(&work, nil)
		r.note(nil, map[string]bool{"a": true})
		for _, read := range []struct {
			apart bool
			waits time.Duration
		}{{false, 0}, {true, refreshTook}, {true, 0}, {false, 0}} {
			start := time.Now()
			if err := r.seen(context.Background(), read.apart); err != nil {
				t.Errorf("read: %v", err)
			}
			if got := time.Since(start); got != read.waits {
				t.Errorf("who reads what is apart (%v) waited %v, want %v", read.apart, got, read.waits)
			}
		}
		work.Wait()
		if want := [][]string{{"a"}}; !slices.EqualFunc(*calls, want, slices.Equal) {
			t.Errorf("refreshed %v, want %v", *calls, want)
		}
	})
}

func TestWhatAFailedRefreshDidNotShowTheNextOneDoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var work sync.WaitGroup
		failure := errors.New("failed")
		r, calls := refreshed(&work, failure)
		r.note(map[string]bool{"a": true}, nil)
		for range 2 {
			if err := r.seen(context.Background(), false); !errors.Is(err, failure) {
				t.Errorf("read: %v", err)
			}
		}
		work.Wait()
		if want := [][]string{{"a"}, {"a"}}; !slices.EqualFunc(*calls, want, slices.Equal) {
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
