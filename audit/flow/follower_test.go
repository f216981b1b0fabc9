package flow_test

import (
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"pgregory.net/rapid"
)

// asked asks until nothing is missing any more, and looks up what is.
func asked[T any](tb rapid.TB, n *flow.Neighbourhood, stored []*audit.Record, ask func() (T, []flow.ID)) T {
	for rounds := 0; ; rounds++ {
		answer, missing := ask()
		if len(missing) == 0 {
			return answer
		}
		if rounds == flow.MaxRounds {
			tb.Fatalf("still missing after %d rounds: %v", rounds, missing)
		}
		for _, id := range missing {
			var found []*audit.Record
			seen := map[audit.Key]bool{}
			for _, r := range stored {
				if value, _ := r.Get(id.Field); value == id.Value && !seen[r.Key()] {
					seen[r.Key()] = true
					found = append(found, r)
				}
			}
			n.Learn(id, found, false)
		}
	}
}

// follower keeps flows current as records come, and looks at nothing else than
// what is around them.
type follower struct {
	tb     rapid.TB
	rules  flow.Rules
	stored []*audit.Record
	flows  map[string]*flow.Stitched

	keep bool // go on with what is known from batch to batch
	kept map[string]*flow.Neighbourhood
}

func (f *follower) neighbourhood(org string, changed []*audit.Record) *flow.Neighbourhood {
	if n := f.kept[org]; n != nil && f.keep {
		n.Add(changed)
		return n
	}
	if f.kept == nil {
		f.kept = map[string]*flow.Neighbourhood{}
	}
	f.kept[org] = flow.NewNeighbourhood(org, f.rules)
	return f.kept[org]
}

func (f *follower) follow(org string, changed []*audit.Record) {
	n := f.neighbourhood(org, changed)
	for {
		change := asked(f.tb, n, f.stored, func() (flow.Change, []flow.ID) { return n.Affected(changed) })
		keys := append(change.Keys, f.unaware(org, change.Crowded)...)
		flows := asked(f.tb, n, f.stored, func() ([]*flow.Stitched, []flow.ID) { return n.Stitch(keys) })
		before := make([]*flow.Stitched, len(keys))
		for i, key := range keys {
			before[i] = f.flows[nameOf(org, key)]
		}
		asking := len(changed)
		for _, r := range n.Unsettled(before, flows) {
			if !slices.ContainsFunc(changed, func(c *audit.Record) bool { return c.Key() == r.Key() }) {
				changed = append(changed, r)
			}
		}
		if len(changed) == asking {
			f.store(org, keys, flows)
			return
		}
	}
}

func (f *follower) store(org string, keys []flow.Key, flows []*flow.Stitched) {
	for i, s := range flows {
		delete(f.flows, nameOf(org, keys[i]))
		if s != nil {
			f.flows[nameOf(org, keys[i])] = s
		}
	}
}

// unaware returns the keys of stored flows that carry an id which is on too many records, and do not say so.
func (f *follower) unaware(org string, crowded []flow.ID) (keys []flow.Key) {
	for _, s := range f.flows {
		for _, id := range crowded {
			has := slices.ContainsFunc(s.Links, func(l audit.Link) bool {
				value, _ := l.Record.Get(id.Field)
				return value == id.Value
			})
			if s.Org == org && has && !slices.Contains(s.Conflicts, f.rules.CrowdedConflict(id)) {
				keys = append(keys, s.Key)
			}
		}
	}
	return keys
}

func (f *follower) told() map[string]string {
	told := map[string]string{}
	for name, s := range f.flows {
		told[name] = toldOf(s)
	}
	return told
}
