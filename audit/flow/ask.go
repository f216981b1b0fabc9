package flow

import (
	"context"
	"fmt"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// Ask puts a question, such as Neighbourhood.Stitch, to several neighbourhoods, and
// gathers what they lack, for all of them at once, until each has answered. It
// takes at most MaxRounds rounds of Gather, and more only where records that come
// in meanwhile lead further.
func Ask[T any](ctx context.Context, store Store, scope audit.Scope, asked []*Neighbourhood,
	question func(i int, n *Neighbourhood) (T, []ID),
) ([]T, error) {
	answers := make([]T, len(asked))
	for range 10 * MaxRounds {
		var lacking []Lacking
		for i, n := range asked {
			answer, missing := question(i, n)
			if answers[i] = answer; len(missing) > 0 {
				lacking = append(lacking, Lacking{n, missing})
			}
		}
		if len(lacking) == 0 {
			return answers, nil
		}
		if err := Gather(ctx, store, scope, lacking); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("gather neighbourhoods: not done after %d rounds", 10*MaxRounds)
}

// FlowsOf returns for each record the flow that it is part of, stitched from what
// the store has; nil for a record that is no auth record. Records of one flow
// share it. The number of round trips is bounded, and does not grow with the
// records.
func FlowsOf(ctx context.Context, store Store, scope audit.Scope, rules Rules, records []*audit.Record, now time.Time) ([]*audit.Flow, error) {
	var neighbourhoods []*Neighbourhood
	byOrg := map[string][]*audit.Record{}
	for _, r := range records {
		if r.Kind != audit.KindAuth || !scope.Allows(r.Org) {
			continue
		}
		if byOrg[r.Org] == nil {
			neighbourhoods = append(neighbourhoods, NewNeighbourhood(r.Org, rules))
		}
		byOrg[r.Org] = append(byOrg[r.Org], r)
	}
	stitched, err := Ask(ctx, store, scope, neighbourhoods, func(_ int, n *Neighbourhood) ([]*Stitched, []ID) {
		homes, missing := n.Homes(byOrg[n.org])
		if len(missing) > 0 {
			return nil, missing
		}
		return n.Stitch(homes)
	})
	if err != nil {
		return nil, fmt.Errorf("stitch the flows of records: %w", err)
	}
	byRecord := map[audit.Key]*audit.Flow{}
	built := map[string]*audit.Flow{}
	for i, n := range neighbourhoods {
		for j, s := range stitched[i] {
			if s == nil {
				continue
			}
			if built[s.ID()] == nil {
				built[s.ID()] = s.Flow(now, rules.Idle)
			}
			byRecord[byOrg[n.org][j].Key()] = built[s.ID()]
		}
	}
	flows := make([]*audit.Flow, len(records))
	for i, r := range records {
		flows[i] = byRecord[r.Key()]
	}
	return flows, nil
}
