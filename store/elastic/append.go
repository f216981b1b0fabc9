package elastic

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"unicode/utf8"

	"github.com/authtrail/authtrail/audit"
)

// Append implements audit.Appender.
//
// Its records are sent in bulks, one after another, so that each shard numbers
// them in the order in which they came. What is acknowledged is in the translog
// of every copy in sync. It is refreshed when this process next reads; others see it
// when the engine refreshes by itself, within a second.
func (s *Store) Append(ctx context.Context, batch []*audit.Record) ([]audit.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("append records: %w", err)
	}
	if s.closing() {
		return nil, errClosed()
	}
	outcomes, err := s.append(ctx, batch)
	if err != nil {
		return nil, s.failedWrite(ctx, "append records", err)
	}
	return outcomes, nil
}

func (s *Store) append(ctx context.Context, batch []*audit.Record) ([]audit.Outcome, error) {
	writing := appending{store: s, outcomes: make([]audit.Outcome, len(batch)), first: make(map[string]int, len(batch)),
		bulk: newBulk(s.format), touched: map[string]bool{}, apart: map[string]bool{}}
	defer writing.bulk.done()
	if err := writing.write(ctx, batch); err != nil {
		return nil, err
	}
	if len(writing.touched)+len(writing.apart) > 0 {
		s.refreshes.note(writing.touched, writing.apart)
		s.feed.notify()
	}
	writing.settleRepeats()
	return writing.outcomes, nil
}

// write sends the batch, all of it.
func (a *appending) write(ctx context.Context, batch []*audit.Record) error {
	for i, r := range batch {
		if reason := a.store.format.refusal(r); reason != "" {
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
func (f *format) refusal(r *audit.Record) string {
	switch {
	case r == nil:
		return "there is no record"
	case !slices.Contains(f.Kinds, r.Kind) && !slices.Contains(f.Apart, r.Kind):
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
	apart    map[string]bool // those that got records of kinds apart
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
	if !a.store.encode(&a.bulk, at, action{verb: create, index: index, id: id}, r) {
		a.outcomes[at] = audit.Outcome{Status: audit.Rejected, Reason: "internal error"}
		return nil
	}
	a.first[id] = at
	if slices.Contains(a.store.format.Apart, r.Kind) {
		a.apart[index] = true
	} else {
		a.touched[index] = true
	}
	if len(a.bulk.body) >= bulkBytes {
		return a.send(ctx)
	}
	return nil
}

// encode adds an action to a bulk. A defect that makes it panic costs that record
// and no other: it reports false.
func (s *Store) encode(b *bulk, at int, do action, r *audit.Record) (done bool) {
	before := len(b.body)
	defer func() {
		if reason := recover(); reason != nil {
			s.log.Error("panic while making a record ready", "reason", reason, "stack", string(debug.Stack()))
			b.body, done = b.body[:before], false
		}
	}()
	b.add(at, do, r, origin{})
	return true
}

// send sends the bulk, and records what became of its records.
func (a *appending) send(ctx context.Context) error {
	if len(a.bulk.items) == 0 {
		return nil
	}
	err := a.store.sendBulk(ctx, &a.bulk, func(item bulkItem, outcome audit.Outcome) { a.outcomes[item.at] = outcome })
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

// failedWrite says what err means to the caller of what was being done, and logs
// its cause where the cluster is to blame, since callers do not.
func (s *Store) failedWrite(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	if known := audit.AsError(err); known.Err != nil {
		s.log.ErrorContext(ctx, doing+" failed", "error", known.Message, "cause", known.Err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
