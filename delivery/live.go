package delivery

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// live follows the feed and makes batches, while others are being sent.
type live struct {
	*packer
	feed  audit.Feed
	at    audit.Position
	anew  time.Time
	taken map[string]bool // ids of rows after the position that are dealt with
	out   chan<- *batch
	batch *batch
	// reading is since when there was something to read: nil while there is nothing,
	// zero where it was there at the beginning.
	reading *atomic.Pointer[time.Time]
}

// readLimit is how many rows are read at once.
const readLimit = 1_000

func (l *live) run(ctx context.Context, warn func(error)) {
	l.batch = &batch{}
	pause := newBackoff(100*time.Millisecond, 10*time.Second)
	for ctx.Err() == nil {
		err := l.step(ctx)
		switch {
		case err == nil:
			pause.Reset()
		case ctx.Err() != nil:
			return
		case isCode(err, audit.BadUserInput) && l.at != "":
			l.startOver(ctx, err, warn)
		default:
			warn(err)
			rest(ctx, pause.NextBackOff())
		}
	}
}

// startOver begins at the beginning of a feed to which the position means nothing.
// Of what it gives again, only what was made since the destination was is sent.
func (l *live) startOver(ctx context.Context, reason error, warn func(error)) {
	warn(reason)
	l.at, l.anew, l.taken = "", l.to.Created, nil
	l.batch = &batch{lost: true}
	l.emit(ctx)
}

// step reads once. What it finds goes to a sender that waits; else more is read
// until the batch is full, or there is nothing more.
func (l *live) step(ctx context.Context) error {
	asked := l.delivery.options.Now()
	fed, err := l.feed.Since(ctx, l.at, readLimit)
	if err != nil {
		return err
	}
	if len(fed.Records) == 0 {
		l.catchUp(ctx, asked)
		err := l.feed.Wait(ctx, l.at)
		began := l.delivery.options.Now()
		l.batch.began = began
		l.reading.Store(&began)
		return err
	}
	for i, r := range fed.Records {
		l.take(ctx, r)
		l.at, l.batch.next = fed.Positions[i], fed.Positions[i]
	}
	l.at, l.batch.next = fed.Next, fed.Next
	l.batch.taken = l.rest()
	select {
	case l.out <- l.batch:
		l.batch = &batch{}
	default:
	}
	return nil
}

// catchUp says that there was nothing more to read at a time. It returns when all that
// was read is dealt with, so that until then something counts as waiting.
func (l *live) catchUp(ctx context.Context, asked time.Time) {
	if len(l.batch.messages) > 0 {
		l.emit(ctx)
	}
	// All that was stored before that time has come: what is older comes late from now on.
	l.anew, l.taken = time.Time{}, nil
	l.batch.caughtUp = asked
	l.emit(ctx)
	l.reading.Store(nil)
}

// take adds a row to the batch, or to the next where that is full.
func (l *live) take(ctx context.Context, r *audit.Record) {
	id, own, ok, err := l.wanted(r)
	switch {
	case !own, !l.anew.IsZero() && l.madeAt(r).Before(l.anew):
		return
	case l.taken[id]:
		delete(l.taken, id)
		return
	case err == nil && !ok:
		l.batch.skipped++
		return
	}
	body, err := l.encode(r, err)
	if !l.fits(l.batch, r, body, err) {
		l.batch.taken = l.rest()
		l.emit(ctx)
	}
	l.add(l.batch, id, r, body, err)
}

// rest lists what was taken out of order and has not come yet.
func (l *live) rest() []string {
	if len(l.taken) == 0 {
		return nil
	}
	ids := make([]string, 0, len(l.taken))
	for id := range l.taken {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// emit gives the batch away, and begins another.
func (l *live) emit(ctx context.Context) {
	if l.batch.next == "" {
		l.batch.next = l.at
	}
	select {
	case l.out <- l.batch:
	case <-ctx.Done():
	}
	l.batch = &batch{}
}
