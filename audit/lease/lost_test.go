package lease_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/lease"
)

// Every Conflict looks alike to callers, and is not taken for a lease that was lost.
func TestALostLeaseIsToldFromOtherConflictsAndFromARemovedOne(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"another conflict": audit.EntryConflict(key), "a lease that is held": lease.ErrHeld,
		"a conflict of the same words": &audit.Error{Code: audit.Conflict, Message: lease.ErrLost.Error()},
	} {
		if wrapped := fmt.Errorf("deliver: %w", err); errors.Is(wrapped, lease.ErrLost) || errors.Is(wrapped, lease.ErrRemoved) {
			t.Errorf("%s is taken for a lost lease", name)
		}
	}
	r := registry(t)
	a, b := start(r, false, early), start(r, false, late)
	held := acquire(t, a)
	if _, err := b.Seize(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if err := held.Renew(t.Context()); !errors.Is(err, lease.ErrLost) || errors.Is(err, lease.ErrRemoved) {
		t.Errorf("what another has seized: %v", err)
	}
	removed := acquire(t, start(r, true, early))
	remove(t, r)
	for range 2 {
		if err := removed.Renew(t.Context()); !errors.Is(err, lease.ErrLost) || !errors.Is(err, lease.ErrRemoved) {
			t.Errorf("what was removed: %v", err)
		}
	}
	if _, err := r.Get(t.Context(), key); audit.AsError(err).Code != audit.NotFound {
		t.Errorf("a lease that was removed is made again: %v", err)
	}
}

func remove(t *testing.T, r audit.Registry) {
	t.Helper()
	entry, err := r.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Delete(t.Context(), key, entry.Version); err != nil {
		t.Fatal(err)
	}
}

// hanging is a registry that does not answer while it hangs.
type hanging struct {
	audit.Registry
	hangs atomic.Bool
}

func (h *hanging) Put(ctx context.Context, entry audit.Entry) (audit.Version, error) {
	if h.hangs.Load() {
		<-ctx.Done()
		return "", ctx.Err()
	}
	return h.Registry.Put(ctx, entry)
}

func TestAHolderKnowsInTimeThatItCannotRenew(t *testing.T) {
	t.Parallel()
	r := &hanging{Registry: registry(t)}
	short := lease.Options{Duration: 400 * time.Millisecond}
	held, err := lease.New(r, short).Acquire(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	r.hangs.Store(true)
	saving := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { saving <- held.Save(ctx, json.RawMessage(`1`)) }() // which hangs, and has the turn
	defer func() {
		cancel()
		<-saving
	}()
	kept := make(chan error, 1)
	go func() { kept <- held.Keep(t.Context()) }()
	for held.Held() { // which does not wait for the registry
		time.Sleep(time.Millisecond)
	}
	select {
	case err := <-kept:
		if audit.AsError(err).Code != audit.Unavailable || errors.Is(err, lease.ErrLost) {
			t.Errorf("keeping what cannot be renewed: %v", err)
		}
	case <-time.After(20 * short.Duration):
		t.Error("it is kept though others may take it")
	}
}

func TestWhoWaitsForTheHolderLearnsWhenItIsOver(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testing.T, audit.Registry, *lease.Lease){
		"released": func(t *testing.T, _ audit.Registry, l *lease.Lease) {
			if err := l.Release(t.Context()); err != nil {
				t.Error(err)
			}
		},
		"removed": func(t *testing.T, r audit.Registry, _ *lease.Lease) { remove(t, r) },
		"seized": func(t *testing.T, r audit.Registry, _ *lease.Lease) {
			if _, err := lease.New(r, lease.Options{}).Seize(t.Context(), key); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := registry(t)
			other := lease.New(r, lease.Options{})
			if err := other.AwaitOthers(t.Context(), key); err != nil {
				t.Errorf("where there is no lease: %v", err)
			}
			holder := lease.New(r, lease.Options{})
			held, err := holder.TryAcquire(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			if err := holder.AwaitOthers(t.Context(), key); err != nil {
				t.Errorf("where it is this process's own: %v", err)
			}
			soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if err := other.AwaitOthers(soon, key); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("while it is held: %v", err)
			}
			waited := make(chan error, 1)
			go func() { waited <- other.AwaitOthers(t.Context(), key) }()
			end(t, r, held)
			if err := <-waited; err != nil {
				t.Error(err)
			}
		})
	}
}
