package builder

import (
	"context"
	"errors"
	"fmt"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
)

// takeAgain brings the flows of records up to date for which that has failed, or
// which were never tried, when failed is nil. Whatever passes is waited out; a record for
// which it cannot be done is logged, and left out.
func (t *term) takeAgain(ctx context.Context, records []*audit.Record, failed error) error {
	if sure := t.sure; sure {
		defer func() { t.sure = true }()
	}
	err := t.patiently(ctx, "build login flows", func() error {
		err := failed
		failed = nil
		if err == nil || isConflict(err) {
			err = t.tryAgain(ctx, records, err)
		}
		t.sure = t.sure && err == nil // some of the flows may have been stored
		return err
	})
	if err != nil && (ctx.Err() != nil || passes(err) || isLost(err)) {
		return err
	}
	if err != nil {
		return t.takeApart(ctx, records, err)
	}
	return nil
}

// takeApart takes the halves of what cannot be taken together.
func (t *term) takeApart(ctx context.Context, records []*audit.Record, reason error) error {
	t.forget()
	if half := len(records) / 2; half > 0 {
		if err := t.takeAgain(ctx, records[:half], nil); err != nil {
			return err
		}
		return t.takeAgain(ctx, records[half:], nil)
	}
	t.progress.count(func(s *Stats) { s.Skipped++ })
	attributes := []any{"org", records[0].Org, "unique_id", records[0].UniqueID, "error", reason}
	if broken := (*panicked)(nil); errors.As(reason, &broken) {
		attributes = append(attributes, "stack", string(broken.stack))
	}
	t.options.Logger.Error("the login flows of a record could not be built; it is left out of them", attributes...)
	return nil
}

// maxConflicts is how often a batch is taken at once.
const maxConflicts = 4

// tryAgain tries, and tries again at once where another has changed a flow meanwhile,
// as that may have been when it failed before.
func (t *term) tryAgain(ctx context.Context, records []*audit.Record, failed error) error {
	for range maxConflicts {
		if failed != nil {
			t.sure = false
			t.progress.count(func(s *Stats) { s.Conflicts++ })
		}
		failed = safely(func() error { return t.try(ctx, records) })
		if !isConflict(failed) {
			return failed
		}
	}
	return failed
}

// try does all for some records that is to be done.
func (t *term) try(ctx context.Context, records []*audit.Record) error {
	works, err := t.stitched(ctx, records)
	if err != nil {
		return err
	}
	if err := t.compare(ctx, works); err != nil {
		return err
	}
	if err := t.note(t.store(ctx, works)); err != nil {
		return err
	}
	t.settled(works)
	return nil
}

// stitched stitches the flows anew that records bear on. It knows nothing of what is stored.
func (t *term) stitched(ctx context.Context, records []*audit.Record) ([]*work, error) {
	if err := t.findFresh(ctx, records); err != nil {
		return nil, err
	}
	works := t.worksOf(records)
	return works, t.restitch(ctx, works)
}

// compare reads what is stored of the flows that were stitched, and stitches again
// where that asks for more.
func (t *term) compare(ctx context.Context, works []*work) error {
	for open := works; len(open) > 0; {
		if err := t.load(ctx, open); err != nil {
			return err
		}
		again, err := t.unsettled(ctx, open)
		if err != nil {
			return err
		}
		if err := t.restitch(ctx, again); err != nil {
			return err
		}
		open = again
	}
	return nil
}

// settled notes that what was made of records is stored.
func (t *term) settled(works []*work) {
	for _, w := range works {
		for _, id := range w.change.Crowded {
			t.crowded[orgID{w.org, id}] = true
		}
	}
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
