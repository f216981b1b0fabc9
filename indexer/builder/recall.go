package builder

import (
	"context"
	"fmt"
	"slices"

	"github.com/authtrail/authtrail/audit"
)

// recalling is the reading, beside the work, of the ids of what was followed before
// this term.
type recalling struct {
	until audit.Position
	since *seen      // what the term itself has followed behind it
	done  chan *seen // gives what is before it; nil where it cannot be read
}

// recall sees to it that the term knows which ids are new, when so many records come
// that this is worth while: reading all records once costs less than looking up the
// ids of a tenth as many.
func (t *term) recall(ctx context.Context, many bool) {
	switch {
	case t.seen != nil || !t.options.Alone:
	case t.recalling == nil && many:
		r := &recalling{until: t.next, since: newSeen(), done: make(chan *seen, 1)}
		t.recalling = r
		before := &seen{seed: r.since.seed}
		t.beside.Go(func() {
			if err := safely(func() error { return t.readIDs(ctx, r.until, before) }); err != nil {
				if ctx.Err() == nil {
					t.options.Logger.Warn("the ids of earlier records could not be read; all are looked up", "error", err)
				}
				before = nil
			}
			r.done <- before
		})
	case t.recalling != nil:
		select {
		case before := <-t.recalling.done:
			if before != nil {
				before.layers = slices.Concat(before.layers, t.recalling.since.layers)
				t.seen, t.fresh = before, nil
			}
		default:
		}
	}
}

// readIDs notes the ids of all records up to a position.
func (t *term) readIDs(ctx context.Context, until audit.Position, into *seen) error {
	for position := audit.Position(""); ctx.Err() == nil; {
		var batch audit.FeedBatch
		err := t.patiently(ctx, "read the ids of earlier records", func() (err error) {
			batch, err = t.options.Records.Since(ctx, position, t.options.Batch)
			return err
		})
		if err != nil {
			return fmt.Errorf("read the feed: %w", err)
		}
		for _, r := range batch.Records {
			if r.Kind == audit.KindAuth {
				into.add(r)
			}
		}
		if len(batch.Records) == 0 || slices.Contains(batch.Positions, until) {
			return nil
		}
		position = batch.Next
	}
	return ctx.Err()
}
