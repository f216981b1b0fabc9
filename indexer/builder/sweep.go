package builder

import (
	"context"
	"fmt"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
)

// sweepPage looks at some stored flows, after all records were followed from the
// first one on, and removes those that no record supports.
func (t *term) sweepPage(ctx context.Context) error {
	var page audit.Page
	q := flowsWhere(audit.AllOrgs(), nil)
	q.Window.After = t.sweep
	err := t.patiently(ctx, "sweep login flows", func() (err error) {
		if page, err = t.options.Flows.Search(ctx, q); err != nil {
			return err
		}
		return safely(func() error { return t.sweepRows(ctx, page.Records()) })
	})
	if err != nil {
		return err
	}
	if t.sweep = endOf(page, q); t.sweep != nil {
		return nil
	}
	t.at.Sweep = false
	return t.tend(ctx, true)
}

func (t *term) sweepRows(ctx context.Context, rows []*audit.Record) error {
	var attempts, alone, unsupported []*stored
	for _, row := range rows {
		switch s := t.storedOf(row); {
		case s.state == nil: // one with records was made anew
			unsupported = append(unsupported, s)
		case s.state.Stitched.Key.Via == audit.ViaRequest:
			attempts = append(attempts, s)
		default:
			alone = append(alone, s)
		}
	}
	for _, find := range []struct {
		among []*stored
		of    func(context.Context, []*stored) ([]bool, error)
	}{{attempts, t.attempted}, {alone, t.standing}} {
		supported, err := find.of(ctx, find.among)
		if err != nil {
			return err
		}
		for i, s := range find.among {
			if !supported[i] {
				unsupported = append(unsupported, s)
			}
		}
	}
	var all changes
	for _, s := range unsupported {
		all.revise(t, s, nil)
	}
	return t.note(all, t.replace(ctx, all.replacements))
}

// attempted says of flows with a request id whether any record has it, a damaged one
// perhaps.
func (t *term) attempted(ctx context.Context, flows []*stored) ([]bool, error) {
	lookup := audit.Lookup{Scope: audit.AllOrgs(), Kinds: []audit.Kind{audit.KindAuth}, Field: query.RequestID, Window: audit.Window{Limit: 1}, PassDamaged: true}
	for _, s := range flows {
		lookup.Keys = append(lookup.Keys, audit.LookupKey{Org: s.row.Org, Value: s.state.Stitched.Key.Value})
	}
	pages, err := t.options.Records.Lookup(ctx, lookup)
	if err != nil {
		return nil, fmt.Errorf("look up the records of login flows: %w", err)
	}
	supported := make([]bool, len(flows))
	for i, page := range pages {
		supported[i] = len(page.Hits) > 0 || page.HasNext
	}
	return supported, nil
}

// standing says of flows without a request id whether any record still stands alone there.
func (t *term) standing(ctx context.Context, flows []*stored) ([]bool, error) {
	var hoods []*flow.Neighbourhood
	of := map[string]int{}
	keys, places := [][]flow.Key{}, [][]int{}
	for i, s := range flows {
		at, ok := of[s.row.Org]
		if !ok {
			at = len(hoods)
			of[s.row.Org] = at
			hoods, keys, places = append(hoods, flow.NewNeighbourhood(s.row.Org, t.rules)), append(keys, nil), append(places, nil)
		}
		keys[at], places[at] = append(keys[at], s.state.Stitched.Key), append(places[at], i)
	}
	stitched, err := flow.Ask(ctx, t.options.Records, audit.AllOrgs(), hoods, func(i int, n *flow.Neighbourhood) ([]*flow.Stitched, []flow.ID) {
		return n.Stitch(keys[i])
	})
	if err != nil {
		return nil, fmt.Errorf("stitch login flows: %w", err)
	}
	supported := make([]bool, len(flows))
	for i, some := range stitched {
		for j, s := range some {
			supported[places[i][j]] = s != nil
		}
	}
	return supported, nil
}
