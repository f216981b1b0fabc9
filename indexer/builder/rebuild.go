package builder

import (
	"context"
	"fmt"
)

// Rebuild makes all flows anew from the records there are, and removes those that no
// record supports. It takes the lease from whoever holds it. When it is interrupted,
// it goes on from there the next time, and so does Run. Before, and after each batch,
// it reports how many records were followed.
func (b *Builder) Rebuild(ctx context.Context, progress func(records uint64)) error {
	held, err := b.leases.Seize(ctx, LeaseKey)
	if err != nil {
		return fmt.Errorf("rebuild login flows: %w", err)
	}
	err = b.hold(ctx, held, func(t *term, ctx context.Context) error { return t.rebuild(ctx, progress) })
	if err != nil {
		return fmt.Errorf("rebuild login flows: %w", err)
	}
	return nil
}

func (t *term) rebuild(ctx context.Context, progress func(records uint64)) error {
	if !t.at.Sweep {
		t.at, t.next = checkpoint{Rules: t.at.Rules, Sweep: true}, ""
		t.seen = newSeen()
	}
	if err := t.begin(ctx); err != nil {
		return err
	}
	if err := t.save(ctx); err != nil {
		return err
	}
	progress(t.at.Records)
	for ctx.Err() == nil {
		news, err := t.step(ctx)
		if err != nil {
			return err
		}
		progress(t.at.Records)
		if !news && !t.at.Sweep {
			return nil
		}
	}
	return ctx.Err()
}
