package indexer

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// occupied returns an indexer with one call of n events under way, and what ends that call.
func occupied(t *testing.T, n int, options Options) (x *Indexer, end func() error) {
	t.Helper()
	store := &shelf{gate: make(chan struct{}), arrived: make(chan struct{}, 100)}
	x = New(store, options)
	ended := make(chan error, 1)
	go func() {
		_, err := x.Ingest(context.WithoutCancel(t.Context()), audit.Everyone(), events(n))
		ended <- err
	}()
	<-store.arrived
	opened := false
	end = func() error {
		if !opened {
			opened = true
			close(store.gate)
		}
		return <-ended
	}
	t.Cleanup(func() {
		if !opened {
			_ = end()
		}
	})
	return x, end
}

func TestAFullQueueRefusesAndSaysWhenToRetry(t *testing.T) {
	t.Parallel()
	size := len(events(1)[0])
	for name, options := range map[string]Options{
		"in events": {QueueEvents: 5},
		"in bytes":  {QueueBytes: 5 * size},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x, end := occupied(t, 4, options)
			_, err := x.Ingest(t.Context(), audit.Everyone(), events(2))
			if got := wantCode(t, err, audit.RateLimited); got.RetryAfter < time.Second {
				t.Errorf("retry after %s, want at least a second", got.RetryAfter)
			}
			if events, bytes := x.Depth(); events != 4 || bytes != 4*size {
				t.Errorf("%d events and %d bytes under way, want those of the first call", events, bytes)
			}
			if err := end(); err != nil {
				t.Fatal(err)
			}
			if _, err := x.Ingest(t.Context(), audit.Everyone(), events(2)); err != nil {
				t.Errorf("refused although there is room again: %v", err)
			}
		})
	}
}

// Not parallel: it counts allocations.
func TestNothingIsDecodedBeforeItIsAdmitted(t *testing.T) {
	x, _ := occupied(t, 4, Options{QueueEvents: 5})
	list := make([]json.RawMessage, 10_000)
	for i := range list {
		list[i] = events(1)[0]
	}
	allocations := testing.AllocsPerRun(5, func() {
		_, err := x.Ingest(t.Context(), audit.Everyone(), list)
		if err == nil {
			t.Error("admitted beyond the bound")
		}
	})
	if allocations > 10 {
		t.Errorf("%.0f allocations for a call that was refused", allocations)
	}
}

func TestACallLargerThanTheQueueIsTakenWhenItIsAlone(t *testing.T) {
	t.Parallel()
	if got := ingest(t, New(&shelf{}, Options{QueueEvents: 5}), events(50)); got[49].Status != audit.StatusSuccess {
		t.Errorf("got %+v", got[49])
	}
}

func TestDrainWaitsForWhatIsUnderWayAndRefusesTheRest(t *testing.T) {
	t.Parallel()
	x, end := occupied(t, 3, Options{})
	hurried, cancel := context.WithCancel(t.Context())
	cancel()
	if err := x.Drain(hurried); !errors.Is(err, context.Canceled) {
		t.Fatalf("drain returned %v with a call under way", err)
	}
	_, err := x.Ingest(t.Context(), audit.Everyone(), events(1))
	wantCode(t, err, audit.Unavailable)
	if err := end(); err != nil {
		t.Errorf("the call under way failed: %v", err)
	}
	if err := x.Drain(t.Context()); err != nil {
		t.Errorf("drain: %v", err)
	}
}

func TestACallEndsWithItsContext(t *testing.T) {
	t.Parallel()
	store := &shelf{gate: make(chan struct{}), arrived: make(chan struct{}, 100)}
	x := New(store, Options{BatchEvents: 10})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-store.arrived
		cancel()
	}()
	if _, err := x.Ingest(ctx, audit.Everyone(), events(1000)); err == nil {
		t.Fatal("no error from a call that was cancelled")
	}
	if events, _ := x.Depth(); events != 0 {
		t.Errorf("%d events still count as under way", events)
	}
	if held := len(x.batches) + len(x.decoders); held != 0 {
		t.Errorf("%d tokens were not returned", held)
	}
}

func TestTheWaitFollowsTheRateOfTheQueue(t *testing.T) {
	t.Parallel()
	m := meter{bytes: 1000, busy: 2 * time.Second}
	for bytes, want := range map[int]time.Duration{0: time.Second, 100: time.Second, 5000: 10 * time.Second, 1 << 30: time.Minute} {
		if got := m.timeFor(bytes); got != want {
			t.Errorf("%d bytes at 500 a second: wait %s, want %s", bytes, got, want)
		}
	}
	if got := new(meter).timeFor(1 << 20); got != time.Second {
		t.Errorf("with nothing measured: wait %s, want 1s", got)
	}
}
