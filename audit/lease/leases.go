package lease

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// DefaultDuration is how long a holder may be silent before another takes its
// lease: a dead process is replaced within 12 seconds.
const DefaultDuration = 10 * time.Second

// Options say how a process takes leases.
type Options struct {
	Duration time.Duration // DefaultDuration where 0
	// Alone says that the store is open in one process at a time, as SQLite's is:
	// what another process holds, it holds no more, and its leases are taken at once.
	Alone bool
	Now   func() time.Time // time.Now where nil
}

// Leases takes the leases of one process.
type Leases struct {
	registry audit.Registry
	options  Options
	process  string // random; begins the names of its holders

	mu    sync.Mutex
	taken int // how many it ever took
	seen  map[audit.EntryKey]sighting
}

// sighting is what was seen of a lease that another holds.
type sighting struct {
	version audit.Version
	since   time.Time // by this process's clock
}

// New returns what takes leases in a registry for this process.
func New(registry audit.Registry, options Options) *Leases {
	options.Duration = cmp.Or(options.Duration, DefaultDuration)
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Leases{registry: registry, options: options, process: rand.Text(), seen: map[audit.EntryKey]sighting{}}
}

// ErrHeld is the error of TryAcquire when another holds the lease.
var ErrHeld error = &audit.Error{Code: audit.Conflict, Message: "the lease is held by another"}

// document is a lease as the registry has it.
type document struct {
	Holder       string          `json:"holder"` // empty when it was released
	Milliseconds int64           `json:"milliseconds"`
	State        json.RawMessage `json:"state,omitempty"`
}

// TryAcquire takes a lease that nobody holds, or whose holder is taken for dead;
// else it is ErrHeld. To see that a holder is dead takes several calls over the
// lease's duration.
func (l *Leases) TryAcquire(ctx context.Context, key audit.EntryKey) (*Lease, error) {
	return l.take(ctx, key, false)
}

// Seize takes a lease whoever holds it. Who held it has lost it, and learns so when
// he saves or renews.
func (l *Leases) Seize(ctx context.Context, key audit.EntryKey) (*Lease, error) {
	for {
		lease, err := l.take(ctx, key, true)
		if !errors.Is(err, ErrHeld) {
			return lease, err
		}
		if err := sleep(ctx, time.Millisecond); err != nil { // its holder has renewed it just then
			return nil, fmt.Errorf("seize a lease: %w", err)
		}
	}
}

// take takes a lease that is free, or by force.
func (l *Leases) take(ctx context.Context, key audit.EntryKey, force bool) (*Lease, error) {
	began := l.options.Now()
	entry, err := l.registry.Get(ctx, key)
	var held document
	switch {
	case err != nil && audit.AsError(err).Code == audit.NotFound:
		entry = audit.Entry{EntryKey: key}
	case err != nil:
		return nil, fmt.Errorf("acquire a lease: %w", err)
	default:
		if held, err = read(entry); err != nil {
			return nil, fmt.Errorf("acquire a lease: %w", err)
		}
	}
	if !force && !l.free(entry, held, began) {
		return nil, ErrHeld
	}
	taken := &Lease{leases: l, key: key, holder: l.newHolder(), turn: make(chan struct{}, 1), version: entry.Version, state: held.State}
	switch err := taken.put(ctx, taken.holder, held.State); {
	case errors.Is(err, errMoved):
		return nil, ErrHeld // another was quicker
	case err != nil:
		return nil, fmt.Errorf("acquire a lease: %w", err)
	}
	l.forget(key)
	return taken, nil
}

// free reports whether a lease, as it was read after a time, may be taken.
func (l *Leases) free(entry audit.Entry, held document, began time.Time) bool {
	if held.Holder == "" || l.options.Alone && !l.own(held.Holder) {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	last, ok := l.seen[entry.EntryKey]
	if !ok || last.version != entry.Version {
		l.seen[entry.EntryKey] = sighting{entry.Version, l.options.Now()}
		return false
	}
	duration := time.Duration(held.Milliseconds) * time.Millisecond
	return began.Sub(last.since) >= duration+duration/10 // for clocks that run faster than another
}

func (l *Leases) forget(key audit.EntryKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.seen, key)
}

func (l *Leases) newHolder() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken++
	return l.process + "." + strconv.Itoa(l.taken)
}

// Acquire waits until it has the lease, or ctx ends. While the registry is
// unavailable it goes on trying.
func (l *Leases) Acquire(ctx context.Context, key audit.EntryKey) (*Lease, error) {
	for {
		lease, err := l.TryAcquire(ctx, key)
		if err == nil {
			return lease, nil
		}
		if !errors.Is(err, ErrHeld) && audit.AsError(err).Code != audit.Unavailable {
			return nil, err
		}
		if err := sleep(ctx, l.options.Duration/10); err != nil {
			return nil, fmt.Errorf("acquire a lease: %w", err)
		}
	}
}

// sleep returns after a time, or with ctx's error when it ends.
func sleep(ctx context.Context, length time.Duration) error {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
