package lease_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/lease"
	"github.com/authtrail/authtrail/store/sqlite"
)

var key = audit.EntryKey{Kind: "lease", Org: "o", ID: "destination-1"}

const duration = lease.DefaultDuration

func registry(t *testing.T) audit.Registry {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// process takes leases by a clock of its own.
type process struct {
	*lease.Leases
	now time.Time
}

// start starts a process; every clock shows another time.
func start(r audit.Registry, alone bool, clock time.Time) *process {
	p := &process{now: clock}
	p.Leases = lease.New(r, lease.Options{Alone: alone, Now: func() time.Time { return p.now }})
	return p
}

var (
	early = time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC)
	late  = time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
)

func pass(length time.Duration, processes ...*process) {
	for _, p := range processes {
		p.now = p.now.Add(length)
	}
}

func acquire(t *testing.T, p *process) *lease.Lease {
	t.Helper()
	l, err := p.TryAcquire(t.Context(), key)
	if err != nil {
		t.Fatalf("acquire: %v", err)
	}
	return l
}

func expectHeld(t *testing.T, p *process) {
	t.Helper()
	if _, err := p.TryAcquire(t.Context(), key); !errors.Is(err, lease.ErrHeld) {
		t.Fatalf("acquiring what another holds: %v", err)
	}
}

func save(t *testing.T, l *lease.Lease, state string) {
	t.Helper()
	if err := l.Save(t.Context(), json.RawMessage(state)); err != nil {
		t.Fatalf("save: %v", err)
	}
}

func expectState(t *testing.T, l *lease.Lease, want string) {
	t.Helper()
	if string(l.State()) != want {
		t.Errorf("the state is %s, want %s", l.State(), want)
	}
}

func TestTheHolderKeepsTheLeaseWhileItRenews(t *testing.T) {
	t.Parallel()
	r := registry(t)
	a, b := start(r, false, early), start(r, false, late)
	held := acquire(t, a)
	for range 10 {
		expectHeld(t, b)
		pass(duration-time.Second, a, b)
		if !held.Held() {
			t.Error("the holder does not know that it holds the lease")
		}
		if err := held.Renew(t.Context()); err != nil {
			t.Fatalf("renew: %v", err)
		}
	}
	expectHeld(t, a)
}

func TestADeadHolderIsReplacedWhateverTheClocksShow(t *testing.T) {
	t.Parallel()
	for name, clocks := range map[string][2]time.Time{"its clock is behind": {early, late}, "its clock is ahead": {late, early}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := registry(t)
			a, b := start(r, false, clocks[0]), start(r, false, clocks[1])
			held := acquire(t, a)
			save(t, held, `{"position":"p1"}`)
			expectHeld(t, b)
			pass(duration, a, b)
			expectHeld(t, b) // one clock may run a little faster
			if held.Held() {
				t.Error("a holder that has not renewed still takes itself for one")
			}
			pass(2*time.Second, a, b)
			expectState(t, acquire(t, b), `{"position":"p1"}`)
		})
	}
}

func TestAHolderThatWasSlowCannotSave(t *testing.T) {
	t.Parallel()
	r := registry(t)
	a, b := start(r, false, late), start(r, false, early)
	slow := acquire(t, a)
	save(t, slow, `1`)
	expectHeld(t, b)
	pass(2*duration, a, b)
	successor := acquire(t, b)
	for _, when := range []string{"before its successor saved", "after"} {
		if err := slow.Save(t.Context(), json.RawMessage(`2`)); !errors.Is(err, lease.ErrLost) || audit.AsError(err).Code != audit.Conflict {
			t.Errorf("saving %s: %v", when, err)
		}
		if err := slow.Renew(t.Context()); !errors.Is(err, lease.ErrLost) {
			t.Errorf("renewing %s: %v", when, err)
		}
		save(t, successor, `3`)
	}
	if err := slow.Release(t.Context()); err != nil {
		t.Errorf("releasing what is lost: %v", err)
	}
	expectHeld(t, a)
	expectState(t, successor, `3`)
}

func TestASlowHolderGoesOnWhereNobodyWantedTheLease(t *testing.T) {
	t.Parallel()
	a := start(registry(t), false, early)
	held := acquire(t, a)
	pass(10*duration, a)
	save(t, held, `1`)
	if !held.Held() {
		t.Error("saving has not renewed the lease")
	}
}

func TestAReleasedLeaseIsTakenAtOnce(t *testing.T) {
	t.Parallel()
	r := registry(t)
	a, b := start(r, false, early), start(r, false, late)
	held := acquire(t, a)
	save(t, held, `"kept"`)
	if err := held.Release(t.Context()); err != nil {
		t.Fatalf("release: %v", err)
	}
	expectState(t, acquire(t, b), `"kept"`)
	if err := held.Save(t.Context(), json.RawMessage(`1`)); !errors.Is(err, lease.ErrLost) {
		t.Errorf("saving after the release: %v", err)
	}
}

func TestAProcessThatIsAloneTakesOverAtOnce(t *testing.T) {
	t.Parallel()
	r := registry(t)
	save(t, acquire(t, start(r, true, early)), `1`)
	restarted := start(r, true, early)
	expectState(t, acquire(t, restarted), `1`)
	expectHeld(t, restarted) // by itself
}

func TestALeaseCanBeSeized(t *testing.T) {
	t.Parallel()
	r := registry(t)
	a, b := start(r, false, early), start(r, false, late)
	held := acquire(t, a)
	save(t, held, `"kept"`)
	seized, err := b.Seize(t.Context(), key)
	if err != nil {
		t.Fatalf("seize: %v", err)
	}
	expectState(t, seized, `"kept"`)
	if err := held.Renew(t.Context()); !errors.Is(err, lease.ErrLost) {
		t.Errorf("renewing what was seized: %v", err)
	}
	expectHeld(t, a)
	save(t, seized, `"moved"`)
}

func TestOneOfManyTakesOver(t *testing.T) {
	t.Parallel()
	r := registry(t)
	acquire(t, start(r, false, early))
	others := make([]*process, 12)
	for i := range others {
		others[i] = start(r, false, late)
		expectHeld(t, others[i])
	}
	pass(2*duration, others...)
	errs := make([]error, len(others))
	var group sync.WaitGroup
	for i, p := range others {
		group.Go(func() { _, errs[i] = p.TryAcquire(t.Context(), key) })
	}
	group.Wait()
	took := 0
	for _, err := range errs {
		if err == nil {
			took++
		} else if !errors.Is(err, lease.ErrHeld) {
			t.Error(err)
		}
	}
	if took != 1 {
		t.Errorf("%d have taken the lease", took)
	}
}

// deaf is a registry that does what it is told, but some of whose answers are lost.
type deaf struct {
	audit.Registry
	lose bool
}

func (d *deaf) Put(ctx context.Context, entry audit.Entry) (audit.Version, error) {
	version, err := d.Registry.Put(ctx, entry)
	if d.lose && err == nil {
		return "", &audit.Error{Code: audit.Unavailable, Message: "the answer was lost"}
	}
	return version, err
}

func TestAHolderKnowsItsOwnHand(t *testing.T) {
	t.Parallel()
	r := &deaf{Registry: registry(t)}
	held := acquire(t, start(r, false, early))
	r.lose = true
	for i := range 3 {
		if err := held.Save(t.Context(), json.RawMessage(fmt.Sprint(i))); audit.AsError(err).Code != audit.Unavailable {
			t.Errorf("the answer was lost, and the error is %v", err)
		}
	}
	r.lose = false
	save(t, held, `4`)
	expectState(t, held, `4`)
}

func TestKeepingHoldsOffWhoWaits(t *testing.T) {
	t.Parallel()
	r := registry(t)
	short := lease.Options{Duration: 400 * time.Millisecond}
	held, err := lease.New(r, short).Acquire(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	keeping, stop := context.WithCancel(t.Context())
	kept := make(chan error, 1)
	go func() { kept <- held.Keep(keeping) }()
	other := lease.New(r, short)
	waiting, cancel := context.WithTimeout(t.Context(), 3*short.Duration)
	defer cancel()
	if _, err := other.Acquire(waiting, key); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("acquiring what is kept: %v", err)
	}
	stop()
	if err := <-kept; err != nil {
		t.Errorf("keeping until the end: %v", err)
	}
	if _, err := other.Acquire(t.Context(), key); err != nil {
		t.Errorf("acquiring what is kept no more: %v", err)
	}
	if err := held.Keep(t.Context()); !errors.Is(err, lease.ErrLost) {
		t.Errorf("keeping what is lost: %v", err)
	}
}
