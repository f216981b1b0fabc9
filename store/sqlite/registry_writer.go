package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/authtrail/authtrail/audit"
)

// change is one change of the registry, or of rows, that waits for the writer.
type change struct {
	ctx     context.Context
	doing   string
	do      func(w *writer) (audit.Version, error) // inside a transaction
	changed chan changed                           // gets one value
}

// changed is what became of a change.
type changed struct {
	version audit.Version
	err     error
}

// change has the writer do something to the registry, or to rows. Of events, it does so before the
// batches of records that wait, however many there are: it is small, and leases
// must be renewed in time.
func (s *Store) change(ctx context.Context, doing string, do func(w *writer) (audit.Version, error)) (audit.Version, error) {
	if s.closing() {
		return "", errClosed()
	}
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("%s: %w", doing, err)
	}
	c := &change{ctx: ctx, doing: doing, do: do, changed: make(chan changed, 1)}
	select {
	case s.changes <- c:
	case <-s.stopped:
		return "", errClosed()
	case <-ctx.Done():
		return "", fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	select {
	case done := <-c.changed:
		return done.version, done.err
	case <-ctx.Done():
		return "", fmt.Errorf("%s: %w", doing, ctx.Err())
	}
}

// writeChanges commits a change together with those that wait behind it.
func (s *Store) writeChanges(w *writer, first *change) {
	group := []*change{first}
	for waiting := true; waiting; {
		select {
		case c := <-s.changes:
			group = append(group, c)
		default:
			waiting = false
		}
	}
	results := make([]changed, len(group))
	err := w.alter(func() error {
		for i, c := range group {
			results[i].version, results[i].err = c.do(w)
			if err := results[i].err; err != nil && !refused(err) {
				return err
			}
		}
		return nil
	})
	for i, c := range group {
		if err != nil {
			results[i] = changed{err: s.failed(context.WithoutCancel(c.ctx), c.doing, err)}
		}
		c.changed <- results[i]
	}
}

// refused reports whether the registry refused a change, having changed nothing.
func refused(err error) bool {
	var known *audit.Error
	return errors.As(err, &known) && known.Code == audit.Conflict
}

// writeWaitingChanges does what has come in for the registry meanwhile.
func (s *Store) writeWaitingChanges(w *writer) {
	select {
	case c := <-s.changes:
		s.writeChanges(w, c)
	default:
	}
}
