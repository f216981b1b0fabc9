package builder

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/lease"
)

// panicked is what a panic was.
type panicked struct {
	reason any
	stack  []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.reason) }

// safely turns a panic into an error.
func safely(do func() error) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = &panicked{reason, debug.Stack()}
		}
	}()
	return do()
}

// isLost reports whether another has the lease by now.
func isLost(err error) bool { return errors.Is(err, lease.ErrLost) }

// passes reports whether trying again may help.
func passes(err error) bool {
	switch audit.AsError(err).Code {
	case audit.Unavailable, audit.RateLimited:
		return true
	case audit.Conflict:
		return !isLost(err)
	}
	return false
}

// isConflict reports whether another has changed a flow meanwhile.
func isConflict(err error) bool {
	return err != nil && audit.AsError(err).Code == audit.Conflict && !isLost(err)
}

// patiently repeats what fails in a way that passes.
func (t *term) patiently(ctx context.Context, what string, do func() error) error {
	pause := newPause()
	for {
		err := do()
		if err == nil || ctx.Err() != nil || !passes(err) {
			return err
		}
		t.failed(what, err)
		rest(ctx, pause.NextBackOff())
	}
}
