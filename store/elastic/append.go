package elastic

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"unicode/utf8"

	"github.com/authtrail/authtrail/audit"
)

// Append implements audit.Appender.
//
// Its records are sent in bulks, one after another, so that each shard numbers
// them in the order in which they came. What is acknowledged is in the translog
// of every copy in sync, and refreshed.
func (s *Store) Append(ctx context.Context, batch []*audit.Record) ([]audit.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("append records: %w", err)
	}
	if s.closing() {
		return nil, errClosed()
	}
	outcomes, err := s.append(ctx, batch)
	if err != nil {
		return nil, s.failedWrite(ctx, err)
	}
	return outcomes, nil
}

func (s *Store) append(ctx context.Context, batch []*audit.Record) ([]audit.Outcome, error) {
	writing := appending{store: s, outcomes: make([]audit.Outcome, len(batch)), first: make(map[string]int, len(batch)), touched: map[string]bool{}}
	s.refreshes.begin()
	err := writing.write(ctx, batch)
	if err != nil {
		writing.touched = nil // nobody is told that it is there
	}
	refresh, closed := s.refreshes.finish(writing.touched)
	if err = cmp.Or(err, closed); err != nil {
		return nil, err
	}
	if refresh != nil {
		if err := refresh.wait(ctx); err != nil {
			return nil, err
		}
		s.feed.notify()
	}
	writing.settleRepeats()
	return writing.outcomes, nil
}

// write sends the batch, all of it.
func (a *appending) write(ctx context.Context, batch []*audit.Record) error {
	for i, r := range batch {
		if reason := refusal(r); reason != "" {
			a.outcomes[i] = audit.Outcome{Status: audit.Rejected, Reason: reason}
			continue
		}
		if err := a.add(ctx, i, r); err != nil {
			return err
		}
	}
	return a.send(ctx)
}

// refusal says why a record cannot be held, empty when it can.
func refusal(r *audit.Record) string {
	switch {
	case r == nil:
		return "there is no record"
	case r.Kind < audit.KindAuth || r.Kind > audit.KindGeneric:
		return "the kind of event is unknown"
	case !audit.InTimeRange(r.Time):
		return "the time is not from 1970 to 2261"
	case !utf8.ValidString(r.Raw) || !utf8.ValidString(r.Org) || !utf8.ValidString(r.UniqueID):
		return "the event is not valid UTF-8"
	}
	return ""
}

// appending is one Append under way.
type appending struct {
	store    *Store
	outcomes []audit.Outcome
	first    map[string]int // where in the batch the record with an _id stands first
	repeats  []repeat
	bulk     bulk
	touched  map[string]bool // the indices that were written to
}

// repeat is a record that stands in the batch before.
type repeat struct{ at, first int }

// bulkBytes is how large a bulk grows. Larger ones gain nothing, and cost the
// cluster memory.
const bulkBytes = 6 << 20

// add puts a record into the bulk that is sent next, and sends it when it is full.
func (a *appending) add(ctx context.Context, at int, r *audit.Record) error {
	id := idOf(r.Org, r.UniqueID)
	if first, known := a.first[id]; known {
		a.repeats = append(a.repeats, repeat{at, first})
		return nil
	}
	index := a.store.names.writers(a.store.stretchAt(r.Time))
	if !a.encode(at, index, id, r) {
		return nil
	}
	a.first[id] = at
	a.touched[index] = true
	if len(a.bulk.body) >= bulkBytes {
		return a.send(ctx)
	}
	return nil
}

// encode adds a record's lines to the bulk. A defect that makes it panic costs
// that record and no other.
func (a *appending) encode(at int, index, id string, r *audit.Record) (done bool) {
	before := len(a.bulk.body)
	defer func() {
		if reason := recover(); reason != nil {
			a.store.log.Error("panic while making a record ready", "reason", reason, "stack", string(debug.Stack()))
			a.bulk.body, done = a.bulk.body[:before], false
			a.outcomes[at] = audit.Outcome{Status: audit.Rejected, Reason: "internal error"}
		}
	}()
	a.bulk.create(at, index, id, r, origin{})
	return true
}

// send sends the bulk, and records what became of its records.
func (a *appending) send(ctx context.Context) error {
	if len(a.bulk.items) == 0 {
		return nil
	}
	err := a.store.sendBulk(ctx, &a.bulk, func(at int, outcome audit.Outcome) { a.outcomes[at] = outcome })
	a.bulk.clear()
	return err
}

// settleRepeats says what became of the records that stand in the batch twice.
func (a *appending) settleRepeats() {
	for _, r := range a.repeats {
		a.outcomes[r.at] = audit.Outcome{Status: audit.Duplicate}
		if first := a.outcomes[r.first]; first.Status == audit.Rejected {
			a.outcomes[r.at] = first
		}
	}
}

// failedWrite says what err means to the caller of Append, and logs its cause
// where the cluster is to blame, since callers do not.
func (s *Store) failedWrite(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("append records: %w", ctx.Err())
	}
	if known := audit.AsError(err); known.Err != nil {
		s.log.ErrorContext(ctx, "append records failed", "error", known.Message, "cause", known.Err)
	}
	return fmt.Errorf("append records: %w", err)
}
