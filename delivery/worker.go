package delivery

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/lease"
)

// The kinds of the entries of the registry. A lease's state is how far its
// destination is.
const (
	leaseKind  = "delivery"
	wishKind   = "delivery-wish"
	letterKind = "delivery-letter"
)

func (k key) lease() audit.EntryKey { return audit.EntryKey{Kind: leaseKind, Org: k.org, ID: k.id} }
func (k key) wish() audit.EntryKey  { return audit.EntryKey{Kind: wishKind, Org: k.org, ID: k.id} }

// worker delivers to a destination, as it is at one time, whenever this process
// holds its lease.
type worker struct {
	*Delivery
	destination destination.Destination
	log         *slog.Logger
	done        chan struct{} // closed when nothing is sent any more
	stop, cut   context.CancelFunc
	stopping    context.Context // ends when no more is to be begun
	cutting     context.Context // ends when what was begun is to end, too
	wished      chan struct{}   // has one when there is another wish
	wish        atomic.Pointer[wish]
	told        atomic.Pointer[state]     // of the term that is held; nil where none is
	reading     atomic.Pointer[time.Time] // see live
}

// start starts a worker, which begins when the one before it has ended, if any. It
// outlives ctx until it is stopped.
func (d *Delivery) start(ctx context.Context, to destination.Destination, before <-chan struct{}) *worker {
	w := &worker{Delivery: d, destination: to, done: make(chan struct{}), wished: make(chan struct{}, 1),
		log: d.options.Logger.With("destination", to.ID, "org", to.Spec.OrgID, "type", to.Spec.Type, "name", to.Spec.Name)}
	w.cutting, w.cut = context.WithCancel(context.WithoutCancel(ctx))
	w.stopping, w.stop = context.WithCancel(w.cutting)
	d.running.Go(func() {
		defer close(w.done)
		if before != nil {
			<-before
		}
		w.run()
	})
	return w
}

// tell tells the worker what was wished last.
func (w *worker) tell(wanted wish) {
	if last := w.wish.Load(); last != nil && last.same(wanted) {
		return
	}
	w.wish.Store(&wanted)
	select {
	case w.wished <- struct{}{}:
	default:
	}
}

// run delivers whenever the lease is held.
func (w *worker) run() {
	pause := newBackoff(100*time.Millisecond, 10*time.Second)
	for w.stopping.Err() == nil {
		held, err := w.leases.Acquire(w.stopping, keyOf(w.destination).lease())
		if err == nil {
			err = w.hold(held)
		}
		switch {
		case w.stopping.Err() != nil:
			return
		case errors.Is(err, errChanged):
			w.rouse() // the supervisor stops this worker, as soon as it sees that
			<-w.stopping.Done()
			return
		case errors.Is(err, errReopen):
			pause.Reset()
		case errors.Is(err, lease.ErrRemoved): // with the destination, as the supervisor is about to see
			w.rouse()
			rest(w.stopping, removedPatience)
			if w.stopping.Err() == nil {
				w.log.Warn("what was remembered of the delivery to a destination is gone; it begins anew")
			}
		case errors.Is(err, lease.ErrLost):
			w.log.Warn("another process has taken over delivering to a destination")
			pause.Reset()
		default:
			w.log.Error("delivering to a destination was interrupted; trying again", "error", err, "cause", errors.Unwrap(audit.AsError(err)))
			rest(w.stopping, pause.NextBackOff())
		}
	}
}

// removedPatience is for how long a worker without a lease waits to be stopped.
const removedPatience = 10 * time.Second

// hold delivers for as long as the lease is held.
func (w *worker) hold(held *lease.Lease) error {
	working, lose := context.WithCancelCause(w.cutting)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		if err := held.Keep(working); err != nil {
			lose(err)
		}
	}()
	t := newTerm(w, working, held)
	err := safely(t.deliver)
	if lost := context.Cause(working); lost != nil && w.cutting.Err() == nil {
		err = lost
	}
	whole := err == nil && working.Err() == nil
	lose(nil)
	<-kept
	w.told.Store(nil)
	return errors.Join(err, t.leave(whole))
}
