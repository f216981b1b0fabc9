package builder

import (
	"context"
	"errors"
	"fmt"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
)

// take brings the flows of new records up to date. Whatever passes is waited out;
// a record for which it cannot be done is logged, and left out.
func (t *term) take(ctx context.Context, records []*audit.Record) error {
	if sure := t.sure; sure {
		defer func() { t.sure = true }()
	}
	err := t.patiently(ctx, "build login flows", func() error {
		err := t.tryAgain(ctx, records)
		t.sure = t.sure && err == nil // some of the flows may have been stored
		return err
	})
	if err != nil && (ctx.Err() != nil || passes(err) || isLost(err)) {
		return err
	}
	if err != nil {
		return t.takeApart(ctx, records, err)
	}
	t.learn(records)
	return nil
}

// takeApart takes the halves of what cannot be taken together.
func (t *term) takeApart(ctx context.Context, records []*audit.Record, reason error) error {
	t.forget()
	if half := len(records) / 2; half > 0 {
		if err := t.take(ctx, records[:half]); err != nil {
			return err
		}
		return t.take(ctx, records[half:])
	}
	t.progress.count(func(s *Stats) { s.Skipped++ })
	attributes := []any{"org", records[0].Org, "unique_id", records[0].UniqueID, "error", reason}
	if broken := (*panicked)(nil); errors.As(reason, &broken) {
		attributes = append(attributes, "stack", string(broken.stack))
	}
	t.options.Logger.Error("the login flows of a record could not be built; it is left out of them", attributes...)
	t.learn(records)
	return nil
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

// maxConflicts is how often a batch is taken again at once.
const maxConflicts = 3

// tryAgain tries, and tries again at once where another has changed a flow meanwhile.
func (t *term) tryAgain(ctx context.Context, records []*audit.Record) error {
	for range maxConflicts {
		err := safely(func() error { return t.try(ctx, records) })
		if err == nil || audit.AsError(err).Code != audit.Conflict || isLost(err) {
			return err
		}
		t.sure = false
		t.progress.count(func(s *Stats) { s.Conflicts++ })
	}
	return safely(func() error { return t.try(ctx, records) })
}

// try stitches the flows anew that records bear on, and stores those that have changed.
func (t *term) try(ctx context.Context, records []*audit.Record) error {
	if err := t.findFresh(ctx, records); err != nil {
		return err
	}
	works := t.worksOf(records)
	for open := works; len(open) > 0; {
		if err := t.restitch(ctx, open); err != nil {
			return err
		}
		if err := t.load(ctx, open); err != nil {
			return err
		}
		again, err := t.unsettled(ctx, open)
		if err != nil {
			return err
		}
		open = again
	}
	if err := t.store(ctx, works); err != nil {
		return err
	}
	for _, w := range works {
		for _, id := range w.change.Crowded {
			t.crowded[orgID{w.org, id}] = true
		}
	}
	return nil
}

// restitch asks for all orgs in the same round trips.
func (t *term) restitch(ctx context.Context, works []*work) error {
	hoods := make([]*flow.Neighbourhood, len(works))
	for i, w := range works {
		hoods[i] = w.hood
	}
	changes, err := flow.Ask(ctx, t.options.Records, audit.AllOrgs(), hoods, func(i int, n *flow.Neighbourhood) (flow.Change, []flow.ID) {
		return n.Restitch(works[i].changed, works[i].also)
	})
	if err != nil {
		return fmt.Errorf("stitch login flows: %w", err)
	}
	for i, w := range works {
		w.change = changes[i]
	}
	return nil
}

// work is what a batch brings for one org.
type work struct {
	org     string
	hood    *flow.Neighbourhood
	changed []*audit.Record
	also    []flow.Key
	asked   map[string]bool // by unique_id: it is among the changed ones
	change  flow.Change
	stored  map[flow.Key]*stored // those that were loaded; nil where none is
}

func (t *term) worksOf(records []*audit.Record) []*work {
	t.trim()
	byOrg := map[string]*work{}
	var works []*work
	for _, r := range records {
		if r.Kind != audit.KindAuth {
			continue
		}
		w := byOrg[r.Org]
		if w == nil {
			w = &work{org: r.Org, hood: t.hood(r.Org), asked: map[string]bool{}, stored: map[flow.Key]*stored{}}
			byOrg[r.Org], works = w, append(works, w)
		}
		w.changed = append(w.changed, r)
		w.asked[r.UniqueID] = true
	}
	return works
}

// hood returns what is known of an org.
func (t *term) hood(org string) *flow.Neighbourhood {
	if n := t.hoods[org]; n != nil {
		return n
	}
	n := flow.NewNeighbourhood(org, t.rules)
	n.Unseen(func(id flow.ID) bool { return !t.maybe(org, id) })
	t.hoods[org] = n
	return n
}

// trim forgets when too much is known.
func (t *term) trim() {
	known := 0
	for _, n := range t.hoods {
		known += n.Size()
	}
	if known > t.options.Known {
		t.forget()
	}
}

func (t *term) forget() { t.hoods = map[string]*flow.Neighbourhood{} }
