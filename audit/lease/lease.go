package lease

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// Lease is one that this process has taken. It is safe for concurrent use.
type Lease struct {
	leases *Leases
	key    audit.EntryKey
	holder string // of this lease alone: no other ever has it

	mu      sync.Mutex
	version audit.Version
	state   json.RawMessage
	until   time.Time // by this process's clock; nobody takes it before
	over    bool      // lost or released
}

// ErrLost is the error of a holder whom another has succeeded, or who has
// released the lease.
var ErrLost error = &audit.Error{Code: audit.Conflict, Message: "the lease is held no more"}

// errMoved says that the version in the registry is another.
var errMoved = errors.New("the version has changed")

// State returns what was saved with the lease last, by this holder or one before
// it; nil when nothing ever was.
func (l *Lease) State() json.RawMessage {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// Held reports whether nobody else can have the lease now. A holder for whom it
// is false may be succeeded at any time, and stops what must be done once.
func (l *Lease) Held() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.over && l.leases.options.Now().Before(l.until)
}

// Save keeps a state, which is JSON, and renews the lease. It is ErrLost, and
// nothing is kept, when another has taken the lease, however late this holder
// comes back. After any other error the state may have been kept or not; it can be
// saved again.
func (l *Lease) Save(ctx context.Context, state json.RawMessage) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.write(ctx, l.holder, state); err != nil {
		return fmt.Errorf("save the state of a lease: %w", err)
	}
	return nil
}

// Renew is Save with the state as it is.
func (l *Lease) Renew(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.write(ctx, l.holder, l.state); err != nil {
		return fmt.Errorf("renew a lease: %w", err)
	}
	return nil
}

// Release lets others take the lease at once. The state stays.
func (l *Lease) Release(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.write(ctx, "", l.state)
	l.over = true
	if err != nil && !errors.Is(err, ErrLost) {
		return fmt.Errorf("release a lease: %w", err)
	}
	return nil
}

// Keep renews the lease until ctx ends, and returns nil then; else it returns why
// the lease cannot be held any longer.
func (l *Lease) Keep(ctx context.Context) error {
	for {
		if err := sleep(ctx, l.leases.options.Duration/4); err != nil {
			return nil
		}
		err := l.Renew(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, ErrLost) || err != nil && !l.Held() {
			return err
		}
	}
}

// write puts the document. When the version is another than it was left at, that
// may be by this holder's own hand: a write whose answer was lost. Then it is
// where to go on.
func (l *Lease) write(ctx context.Context, holder string, state json.RawMessage) error {
	if l.over {
		return ErrLost
	}
	err := l.put(ctx, holder, state)
	if !errors.Is(err, errMoved) {
		return err
	}
	entry, err := l.leases.registry.Get(ctx, l.key)
	if err != nil && audit.AsError(err).Code != audit.NotFound {
		return err
	}
	var present document
	if err != nil || json.Unmarshal(entry.Body, &present) != nil || present.Holder != l.holder {
		l.over = true
		return ErrLost
	}
	l.version = entry.Version
	if err = l.put(ctx, holder, state); errors.Is(err, errMoved) {
		l.over = true
		return ErrLost
	}
	return err
}

// put puts the document over the version that is known; it is errMoved when that
// is not the present one.
func (l *Lease) put(ctx context.Context, holder string, state json.RawMessage) error {
	options := l.leases.options
	body, err := json.Marshal(document{holder, options.Duration.Milliseconds(), state})
	if err != nil {
		return audit.Invalid("state", "is not JSON")
	}
	began := options.Now() // before it is sent: others count from when they see it
	version, err := l.leases.registry.Put(ctx, audit.Entry{EntryKey: l.key, Body: body, Version: l.version})
	switch {
	case err != nil && audit.AsError(err).Code == audit.Conflict:
		return errMoved
	case err != nil:
		return err
	}
	l.version, l.state, l.until = version, state, began.Add(options.Duration)
	return nil
}
