package builder

import (
	"context"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// batch is what was read of the feed at once. Its flows are made while those of the
// batch before it are stored, since one takes processors and the other waits for
// disks or another machine.
type batch struct {
	audit.FeedBatch
	read time.Time // when reading it began
	last bool      // there was nothing behind it

	works  []*work
	all    changes
	stored chan error // gets one: nil when all is stored
}

// take makes the flows of a batch, and begins to store them as soon as those of the
// batch before are stored.
func (t *term) take(ctx context.Context, b *batch) error {
	failed := t.stitch(ctx, b)
	again, err := t.settle(ctx)
	if err != nil {
		return err
	}
	if err := t.tend(ctx, false); err != nil {
		return err
	}
	if again { // what is known of fresh ids is not of this batch any more
		failed = t.stitch(ctx, b)
	}
	if failed == nil {
		failed = safely(func() error { return t.compare(ctx, b.works) })
	}
	t.learn(b.Records)
	t.next, t.underWay = b.Next, b
	b.stored = make(chan error, 1)
	if failed != nil {
		b.stored <- failed
		return nil
	}
	t.beside.Go(func() {
		b.stored <- safely(func() (err error) {
			b.all, err = t.store(ctx, b.works)
			return err
		})
	})
	return nil
}

func (t *term) stitch(ctx context.Context, b *batch) error {
	return safely(func() (err error) {
		b.works, err = t.stitched(ctx, b.Records)
		return err
	})
}

// settle returns when the flows of the batch under way are stored. What could not be
// done in passing is done once more, with all patience; it reports whether that was so.
func (t *term) settle(ctx context.Context) (again bool, err error) {
	b := t.underWay
	if b == nil {
		return false, nil
	}
	t.underWay = nil
	failed := <-b.stored
	if failed = t.note(b.all, failed); failed == nil {
		t.settled(b.works)
	} else if err := t.takeAgain(ctx, b.Records, failed); err != nil {
		return true, err
	}
	t.at.Position, t.at.Records = b.Next, t.at.Records+uint64(len(b.Records))
	t.progress.followed(b.FeedBatch, b.last, b.read, t.options.Now())
	t.sayBehind()
	return failed != nil, nil
}

// learn notes that records were followed.
func (t *term) learn(records []*audit.Record) {
	into := t.seen
	if into == nil && t.recalling != nil {
		into = t.recalling.since
	}
	if into == nil {
		return
	}
	for _, r := range records {
		if r.Kind == audit.KindAuth {
			into.add(r)
		}
	}
}
