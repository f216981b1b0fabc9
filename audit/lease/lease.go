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
	leases  *Leases
	key     audit.EntryKey
	holder  string        // of this lease alone: no other ever has it
	turn    chan struct{} // has one while somebody writes
	version audit.Version // of who has the turn

	mu    sync.Mutex // never held while something is written, which may take long
	state json.RawMessage
	until time.Time // by this process's clock; nobody takes it before
	over  error     // why it is held no more; nil while it may be
}

var (
	// ErrLost is the error of a holder whom another has succeeded, or who has
	// released the lease. Compared by errors.Is, it is no other Conflict.
	ErrLost error = &audit.Error{Code: audit.Conflict, Message: "the lease is held no more"}
	// ErrRemoved is the ErrLost of a holder whose lease was removed from the registry,
	// and its state with it: nobody has succeeded.
	ErrRemoved error = &audit.Error{Code: audit.Conflict, Message: "the lease was removed", Err: ErrLost}
)

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
// is false may be succeeded at any time, and stops what must be done once. It
// answers at once, also while the registry does not.
func (l *Lease) Held() bool { return l.ended() == nil && l.left() > 0 }

// left is for how long nobody else can have the lease.
func (l *Lease) left() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.until.Sub(l.leases.options.Now())
}

// ended returns why the lease is held no more; nil while it may be.
func (l *Lease) ended() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.over
}

// end returns why the lease is held no more from now on.
func (l *Lease) end(why error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over == nil {
		l.over = why
	}
	return l.over
}

// Save keeps a state, which is JSON, and renews the lease. It is ErrLost, and
// nothing is kept, when another has taken the lease, however late this holder
// comes back. After any other error the state may have been kept or not; it can be
// saved again.
func (l *Lease) Save(ctx context.Context, state json.RawMessage) error {
	if err := l.write(ctx, l.holder, func() json.RawMessage { return state }); err != nil {
		return fmt.Errorf("save the state of a lease: %w", err)
	}
	return nil
}

// Renew is Save with the state as it is.
func (l *Lease) Renew(ctx context.Context) error {
	if err := l.write(ctx, l.holder, l.State); err != nil {
		return fmt.Errorf("renew a lease: %w", err)
	}
	return nil
}

// Release lets others take the lease at once. The state stays.
func (l *Lease) Release(ctx context.Context) error {
	err := l.write(ctx, "", l.State)
	_ = l.end(ErrLost) // whatever became of that
	if err != nil && !errors.Is(err, ErrLost) {
		return fmt.Errorf("release a lease: %w", err)
	}
	return nil
}

// Keep renews the lease until ctx ends, and returns nil then; else it returns why
// the lease cannot be held any longer, by the time at which others may take it.
func (l *Lease) Keep(ctx context.Context) error {
	often := l.leases.options.Duration / 4
	var err error
	for {
		if sleep(ctx, min(often, l.left())) != nil {
			return nil
		}
		if err == nil || l.Held() {
			err = l.renewWithin(ctx, max(often, l.left()))
		}
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, ErrLost) || err != nil && !l.Held() {
			return err
		}
	}
}

// renewWithin gives up where the registry does not answer.
func (l *Lease) renewWithin(ctx context.Context, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return l.Renew(ctx)
}

// write puts the document, when it is its turn. When the version is another than it
// was left at, that may be by this holder's own hand: a write whose answer was lost.
// Then it is where to go on.
func (l *Lease) write(ctx context.Context, holder string, state func() json.RawMessage) error {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := l.ended(); err != nil {
		return err
	}
	wanted := state()
	err := l.put(ctx, holder, wanted)
	if !errors.Is(err, errMoved) {
		return err
	}
	if err := l.meet(ctx); err != nil {
		return err
	}
	if err = l.put(ctx, holder, wanted); errors.Is(err, errMoved) {
		return l.end(ErrLost)
	}
	return err
}

// meet takes the present version over, where this holder has written it.
func (l *Lease) meet(ctx context.Context) error {
	entry, err := l.leases.registry.Get(ctx, l.key)
	if err != nil && audit.AsError(err).Code == audit.NotFound {
		return l.end(ErrRemoved)
	}
	if err != nil {
		return err
	}
	if holder, err := HolderOf(entry); err != nil || holder != l.holder {
		return l.end(ErrLost)
	}
	l.version = entry.Version
	return nil
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
	l.version = version
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state, l.until = state, began.Add(options.Duration)
	return nil
}
