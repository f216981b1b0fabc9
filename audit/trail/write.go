package trail

import (
	"context"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// What a batch holds at most, and how soon one that failed is written again.
const (
	batchEvents = 500
	batchBytes  = 1 << 20 // and one event
	firstRetry  = 100 * time.Millisecond
	lastRetry   = 2 * time.Second
)

// run writes what comes until the recorder is closed and nothing waits, or ctx ends.
func (r *Recorder) run(ctx context.Context) {
	defer close(r.done)
	defer r.stop()
	for closing := false; !closing; {
		select {
		case <-r.wake:
			closing = r.pause(ctx, r.options.Gather)
		case <-r.closing:
			closing = true
		}
		for batch := r.first(); len(batch) > 0; batch = r.first() {
			if !r.write(ctx, r.eventsOf(batch)) {
				return
			}
			r.written(batch)
		}
	}
}

// pause waits, unless the recorder is closed.
func (r *Recorder) pause(ctx context.Context, wait time.Duration) (closing bool) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return false
	case <-ctx.Done():
	case <-r.closing:
	}
	return true
}

// first returns what is written next. It stays where it is until that is done.
func (r *Recorder) first() []item {
	r.mu.Lock()
	defer r.mu.Unlock()
	size := 0
	for i, next := range r.waiting {
		if size += len(next.members); i == batchEvents || i > 0 && size > batchBytes {
			return r.waiting[:i]
		}
	}
	return r.waiting
}

// written forgets what was written, and gives up the places of readings that are
// written whole.
func (r *Recorder) written(batch []item) {
	for _, written := range batch {
		if written.left--; written.left == 0 {
			written.place.shrink(0)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = append([]item(nil), r.waiting[len(batch):]...)
}

// eventsOf makes the events of a batch.
func (r *Recorder) eventsOf(batch []item) []*audit.Record {
	events := make([]*audit.Record, 0, len(batch))
	for _, of := range batch {
		made, err := event(of.began, of.org, of.members)
		if err != nil { // a defect: what was encoded is valid
			r.options.Logger.Error("make the record of a reading", "error", err)
			continue
		}
		events = append(events, made)
	}
	return events
}

// write writes a batch, however often it takes. It gives up only when ctx ends.
func (r *Recorder) write(ctx context.Context, batch []*audit.Record) bool {
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		outcomes, err := r.store.Append(ctx, batch)
		if err == nil {
			r.sayRejected(batch, outcomes)
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		retry := time.NewTimer(wait) // the store has logged what is wrong
		select {
		case <-retry.C:
		case <-ctx.Done():
			retry.Stop()
			return false
		}
	}
}

// sayRejected says which events no store can hold, which would be a defect.
func (r *Recorder) sayRejected(batch []*audit.Record, outcomes []audit.Outcome) {
	for i, outcome := range outcomes {
		if outcome.Status == audit.Rejected {
			r.options.Logger.Error("the record of a reading was rejected", "unique_id", batch[i].UniqueID, "reason", outcome.Reason)
		}
	}
}
