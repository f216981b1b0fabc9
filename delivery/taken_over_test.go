package delivery

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/lease"
)

// Letters have numbers, and no version that somebody who was succeeded could not know.
func TestWhoHoldsTheLeaseNoMoreOverwritesNoDeadLetters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	d := w.destination("a", "")
	w.becomes(d, delivering)
	w.stop()
	held, err := w.delivery.leases.TryAcquire(t.Context(), keyOf(d).lease())
	if err != nil {
		t.Fatal(err)
	}
	former := newTerm(&worker{Delivery: w.delivery, destination: d, log: w.log, stopping: t.Context()}, t.Context(), held)
	if err := held.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := former.keepLetters([]letter{{ID: "x", Reason: "no"}}); !errors.Is(err, lease.ErrLost) {
		t.Errorf("keeping letters without the lease: %v", err)
	}
	if kept, err := w.delivery.DeadLetters(t.Context(), d, "", 10); err != nil || len(kept) > 0 {
		t.Errorf("%d dead letters are there, %v", len(kept), err)
	}
}

// tardy is a registry that takes its time to keep news.
type tardy struct {
	audit.Registry
	pause time.Duration
}

func (s tardy) Put(ctx context.Context, entry audit.Entry) (audit.Version, error) {
	if entry.EntryKey == newsKey {
		rest(ctx, s.pause)
	}
	return s.Registry.Put(ctx, entry)
}

// The process that delivers may see a change by itself before it is told, and delivers
// by then as the destination is now.
func TestWhoHasSeenAChangeByItselfIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	const pause = time.Second
	w := newWorld(t)
	w.start(shared, func(o *Options) { o.Poll = time.Hour })
	d := w.destination("a", "")
	w.becomes(d, delivering)
	others := w.newDestinations()
	w.process(others, newReceiver(), shared, func(o *Options) { o.Registry, o.Poll = tardy{o.Registry, pause}, time.Hour })
	seen := time.AfterFunc(pause/2, w.delivery.rouse)
	defer seen.Stop()
	d.Spec.Comment = "changed"
	began := time.Now()
	if _, err := others.Replace(t.Context(), audit.Orgs("one"), d.ID, d); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > (pause+elsewhere)/2 {
		t.Errorf("the change was answered after %s", took)
	}
}
