package builder

import (
	"context"
	"fmt"
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
)

// unsettled returns the works that must be asked again before anything is stored:
// those with records that leave a flow and arrive in none, and with stored flows
// that are not aware of a crowded id. There are hardly ever any.
func (t *term) unsettled(ctx context.Context, works []*work) ([]*work, error) {
	var again []*work
	for _, w := range works {
		more := w.moving()
		for _, id := range w.change.Crowded {
			unaware, err := t.unaware(ctx, w, id)
			if err != nil {
				return nil, err
			}
			more = more || len(unaware) > 0
			w.also = append(w.also, unaware...)
		}
		if more {
			again = append(again, w)
		}
	}
	return again, nil
}

// moving adds the records that leave their flows to the changed ones, and reports
// whether there are any that were not among them.
func (w *work) moving() bool {
	before := make([]*flow.Stitched, len(w.change.Keys))
	for i, key := range w.change.Keys {
		if s := w.stored[key]; s != nil && s.state != nil {
			before[i] = s.state.Stitched
		}
	}
	more := false
	for _, r := range w.hood.Unsettled(before, w.change) {
		if !w.asked[r.UniqueID] {
			w.asked[r.UniqueID], more = true, true
			w.changed = append(w.changed, r)
		}
	}
	return more
}

// unaware returns the keys of the stored flows that carry a crowded id and do not
// say so, unless they are asked for already. Once they were found, flows that
// come to carry it say so from the beginning.
func (t *term) unaware(ctx context.Context, w *work, id flow.ID) (keys []flow.Key, err error) {
	if t.crowded[orgID{w.org, id}] {
		return nil, nil
	}
	reported := t.rules.CrowdedConflict(id)
	err = t.eachRow(ctx, audit.Orgs(w.org), query.Exact{Field: id.Field, Values: []string{id.Value}}, func(rows []*audit.Record) error {
		for _, row := range rows {
			s := t.storedOf(row)
			if s.state == nil {
				continue
			}
			key := s.state.Stitched.Key
			if !slices.Contains(s.state.Stitched.Conflicts, reported) && !slices.Contains(w.also, key) {
				keys = append(keys, key)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("search the flows of a crowded id: %w", err)
	}
	return keys, nil
}
