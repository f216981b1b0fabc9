package delivery

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/lease"
)

// save keeps the state. What fails in a way that passes is tried again.
func (t *term) save() error {
	text, err := t.state.encode()
	if err != nil {
		return err
	}
	if err := t.patiently("save how far a delivery is", func(ctx context.Context) error { return t.held.Save(ctx, text) }); err != nil {
		return err
	}
	t.saved, t.dirty = t.options.Now(), false
	t.tellState()
	return nil
}

// tellState shows the state to those who ask this process.
func (t *term) tellState() {
	told := t.state
	if told.Replay != nil {
		replay := *told.Replay
		told.Replay = &replay
	}
	told.Taken = slices.Clip(told.Taken)
	t.told.Store(&told)
}

// savingPatience is for how long one write may take. It goes on when the worker is
// stopped: what a receiver has taken is to be remembered.
const savingPatience = 5 * time.Second

// patiently repeats what fails in a way that passes, until the worker is stopped.
func (t *term) patiently(what string, do func(context.Context) error) error {
	pause := newBackoff(20*time.Millisecond, 5*time.Second)
	for {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.working), savingPatience)
		err := do(ctx)
		cancel()
		if err == nil || errors.Is(err, lease.ErrLost) || t.stopping.Err() != nil || t.working.Err() != nil ||
			!isCode(err, audit.Unavailable) && !isCode(err, audit.RateLimited) {
			return err
		}
		t.say(&t.said.registry, "cannot "+what+"; trying again", "error", err)
		rest(t.stopping, pause.NextBackOff())
	}
}

// leave lets others take the lease, and saves the state before where the term ends as
// it should.
func (t *term) leave(whole bool) error {
	var err error
	if t.sender != nil {
		err = t.sender.Close()
	}
	if t.dirty && whole {
		err = errors.Join(err, t.save())
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.working), savingPatience)
	defer cancel()
	return errors.Join(err, t.held.Release(ctx))
}
