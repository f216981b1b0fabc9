package delivery

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/query"
)

// Replay implements destination.Deliverer.
func (d *Delivery) Replay(ctx context.Context, to destination.Destination, within destination.TimeRange) (destination.Replay, error) {
	if !within.From.Before(within.To) {
		return destination.Replay{}, audit.Invalid("to", "must be after from")
	}
	if !to.Spec.Enabled {
		return destination.Replay{}, &audit.Error{Code: audit.Conflict, Message: "the destination is disabled; enable it first"}
	}
	asked := replayWish{ID: rand.Text(), From: within.From.UTC(), To: within.To.UTC(), At: d.options.Now().UTC()}
	err := d.want(ctx, keyOf(to), func(w *wish) error {
		if w.Replay != nil {
			done, err := d.stateOf(ctx, keyOf(to))
			if err != nil {
				return err
			}
			if done.Replay == nil || done.Replay.ID != w.Replay.ID || done.Replay.underWay() {
				return &audit.Error{Code: audit.Conflict, Message: "a replay of this destination is under way; wait until it has finished"}
			}
		}
		w.Replay = &asked
		return nil
	})
	if err != nil {
		return destination.Replay{}, fmt.Errorf("replay events: %w", err)
	}
	return *(&replayState{replayWish: asked}).told(), nil
}

// replayBatch is how many events of a replay are sent at once: what is new waits for
// no more.
const replayBatch = 250

// beginReplay begins with what the state says is to be sent again.
func (t *term) beginReplay(reading context.Context) {
	if t.stopReplay != nil {
		t.stopReplay()
	}
	ctx, stop := context.WithCancel(reading)
	t.stopReplay = stop
	batches, packer := make(chan *batch), t.Delivery.packer(t.packer.to, t.packer.encoder)
	packer.max = min(packer.max, replayBatch)
	t.replay = newLane(batches)
	r := &replayer{packer: packer, rows: t.rowsOf(t.destination.Spec), out: batches, batch: &batch{}}
	progress := *t.state.Replay
	t.beside.Go(func() {
		var last time.Time
		pause := newBackoff(100*time.Millisecond, 10*time.Second)
		q := rowsWithin(r.packer, destination.TimeRange{From: progress.From, To: progress.To}, true)
		q.Window.After = cursorOf(progress.After)
		for ctx.Err() == nil && !r.done {
			if err := r.page(ctx, &q); err != nil && ctx.Err() == nil {
				t.say(&last, "the events of a replay cannot be read; trying again", "error", err)
				rest(ctx, pause.NextBackOff())
			}
		}
	})
}

func cursorOf(text string) *audit.Cursor {
	cursor, err := audit.ParseCursor(text)
	if err != nil {
		return nil // there is none yet
	}
	return &cursor
}

// rowsWithin asks for a page of the rows of a time that a destination may be sent.
func rowsWithin(p *packer, within destination.TimeRange, ascending bool) audit.Query {
	kinds := []audit.Kind{audit.KindAuth, audit.KindAPI, audit.KindGeneric}
	if p.flows {
		kinds = []audit.Kind{audit.KindFlow}
	}
	return audit.Query{Scope: audit.Orgs(p.to.Spec.OrgID), Kinds: kinds, Where: query.TimeRange{From: within.From, To: within.To},
		Order: audit.Order{Ascending: ascending}, Window: audit.Window{Limit: audit.MaxPageSize}}
}

// replayer reads the rows of a time and makes batches.
type replayer struct {
	*packer
	rows  audit.Searcher
	out   chan<- *batch
	batch *batch
	done  bool
}

// page makes batches of a page, and asks for the next.
func (r *replayer) page(ctx context.Context, q *audit.Query) error {
	page, err := r.rows.Search(ctx, *q)
	if err != nil {
		return err
	}
	for _, hit := range page.Hits {
		r.take(ctx, hit.Record)
		cursor := q.CursorAt(hit)
		q.Window.After = &cursor
		r.batch.cursor = cursor.String()
	}
	if r.done = !page.HasNext; r.done {
		r.batch.last = true
		r.emit(ctx)
	}
	return nil
}

func (r *replayer) take(ctx context.Context, row *audit.Record) {
	id, own, ok, err := r.wanted(row)
	if !own || err == nil && !ok {
		return
	}
	body, err := r.encode(row, err)
	if !r.fits(r.batch, row, body, err) {
		r.emit(ctx)
	}
	r.add(r.batch, id, row, body, err)
}

func (r *replayer) emit(ctx context.Context) {
	select {
	case r.out <- r.batch:
	case <-ctx.Done():
	}
	r.batch = &batch{}
}

// replayed notes that a batch of a replay is dealt with.
func (t *term) replayed(b *batch) {
	r := t.state.Replay
	if b.cursor != "" {
		r.After = b.cursor
	}
	if b.last {
		r.FinishedAt = t.options.Now().UTC()
		t.replay.in = nil
	}
}
