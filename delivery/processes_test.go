package delivery

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/lease"
)

// shared is of a process that is not alone.
func shared(o *Options) { o.Alone = false }

// newReceiver returns a receiver that takes everything.
func newReceiver() *receiver { return &receiver{moved: make(chan struct{})} }

func TestOneOfTwoProcessesDeliversAndTheOtherWhenItStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(shared)
	d := w.destination("a", "")
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Delivering })
	second := newReceiver()
	other, _ := w.process(w.newDestinations(), second, shared)
	ids := w.events("one", 0, 5)
	w.receiver.gets(t, ids...)
	w.stop()
	second.gets(t, w.events("one", 5, 8)...)
	if got := w.receiver.taken(); !slices.Equal(got, ids) {
		t.Errorf("the first was sent %q", got)
	}
	eventually(t, func() bool {
		stats := other.Stats(t.Context())
		return len(stats) == 1 && stats[0].Health.Delivered == 8 && stats[0].Health.LagEvents == 0
	}, func() string { return fmt.Sprintf("the other knows %+v", other.Stats(t.Context())) })
}

func TestWhatAnotherProcessChangesEndsWhatIsSent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*world, *destination.Store, destination.Destination) error{
		"deleted": func(w *world, s *destination.Store, d destination.Destination) error {
			return s.Delete(w.Context(), audit.Orgs("one"), d.ID)
		},
		"disabled": func(w *world, s *destination.Store, d destination.Destination) error {
			d.Spec.Enabled = false
			_, err := s.Replace(w.Context(), audit.Orgs("one"), d.ID, d)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.start(shared, func(o *Options) { o.Poll = time.Hour }) // it learns nothing but by looking before it sends
			d := w.destination("a", `,"max_events_per_transaction":1`)
			w.becomes(d, func(h destination.Health) bool { return h.State == destination.Delivering })
			var over, late atomic.Bool
			w.receiver.says(func(context.Context, []string) (Result, error) {
				if over.Load() {
					late.Store(true)
				}
				return Result{}, nil
			})
			w.events("one", 0, 500)
			eventually(t, func() bool { return len(w.receiver.taken()) > 3 }, func() string { return "nothing comes" })
			if err := change(w, w.newDestinations(), d); err != nil {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Millisecond) // one that had looked just before may send still
			over.Store(true)
			w.events("one", 500, 510)
			time.Sleep(100 * time.Millisecond)
			if late.Load() {
				t.Error("events were sent afterwards")
			}
		})
	}
}

func TestAProcessThatLostItsLeaseSendsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(shared)
	d := w.destination("a", "")
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Delivering })
	w.receiver.gets(t, w.events("one", 0, 3)...)
	seized, err := lease.New(w.store, lease.Options{}).Seize(t.Context(), keyOf(d).lease())
	if err != nil {
		t.Fatal(err)
	}
	w.events("one", 3, 5) // of which one batch may be sent before the loss is known
	time.Sleep(200 * time.Millisecond)
	sent := len(w.receiver.batches())
	w.events("one", 5, 50)
	time.Sleep(200 * time.Millisecond)
	if n := len(w.receiver.batches()); n > 2 || n != sent {
		t.Errorf("%d batches were sent, %d of them late", n, n-sent)
	}
	if err := seized.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return slices.Contains(w.receiver.taken(), "one-49") }, func() string { return "it does not go on" })
}

func TestResumingAndReplayingWorkFromEveryProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(shared)
	d := w.destination("a", "")
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Delivering })
	w.receiver.says(func(context.Context, []string) (Result, error) { return Result{}, &Failure{Reason: "gone", Gone: true} })
	from := time.Now().Add(-time.Minute)
	ids := w.events("one", 0, 3)
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Paused })
	w.receiver.says(nil)
	other, _ := w.process(w.newDestinations(), newReceiver(), shared)
	if err := other.Resume(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	w.receiver.gets(t, ids...)
	if _, err := other.Replay(t.Context(), d, destination.TimeRange{From: from, To: from.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	w.receiver.gets(t, append(ids, ids...)...)
	health := func() destination.Health {
		all, err := other.Health(t.Context(), []destination.Destination{d})
		if err != nil {
			t.Fatal(err)
		}
		return all[0]
	}
	eventually(t, func() bool { r := health().Replay; return r != nil && !r.FinishedAt.IsZero() && r.Delivered == 3 },
		func() string { return fmt.Sprintf("the other says %+v", health().Replay) })
}

// Of two processes the one that does not deliver deletes: when that is answered, what
// was being sent has ended.
func TestWhatIsDeletedThroughAnotherProcessIsSentNoMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(shared, func(o *Options) { o.Poll = time.Second }) // as it is unless told
	d := w.destination("a", "")
	w.becomes(d, delivering)
	begun, ended := make(chan struct{}, 1), make(chan time.Time, 1)
	w.receiver.says(func(ctx context.Context, _ []string) (Result, error) {
		begun <- struct{}{}
		<-ctx.Done()
		ended <- time.Now()
		return Result{}, ctx.Err()
	})
	others := w.newDestinations()
	w.process(others, newReceiver(), shared, func(o *Options) { o.Poll = time.Second })
	w.events("one", 0, 3)
	<-begun
	began := time.Now()
	if err := others.Delete(t.Context(), audit.Orgs("one"), d.ID); err != nil {
		t.Fatal(err)
	}
	answered := time.Now()
	select {
	case at := <-ended:
		t.Logf("it ended after %s, and was answered after %s", at.Sub(began), answered.Sub(began))
	default:
		t.Error("it is being sent still")
	}
	sent := len(w.receiver.batches())
	w.events("one", 3, 6)
	time.Sleep(100 * time.Millisecond)
	if n := len(w.receiver.batches()); n != sent {
		t.Errorf("%d batches were sent afterwards", n-sent)
	}
	eventually(t, func() bool {
		left, err := w.store.List(t.Context(), audit.EntryQuery{Kind: leaseKind, Scope: audit.AllOrgs(), Limit: 10})
		return err == nil && len(left) == 0
	}, func() string { return "what is remembered stays" })
}
