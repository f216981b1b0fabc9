package flow_test

import (
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
	"pgregory.net/rapid"
)

// asked asks until nothing is missing any more, and looks up what is; most rounds are allowed.
func asked[T any](tb rapid.TB, n *flow.Neighbourhood, most int, see func() []*audit.Record, ask func() (T, []flow.ID)) T {
	for rounds := 0; ; rounds++ {
		answer, missing := ask()
		if len(missing) == 0 {
			return answer
		}
		if rounds == most {
			tb.Fatalf("still missing after %d rounds: %v", rounds, missing)
		}
		for _, id := range missing {
			var found []*audit.Record
			seen := map[audit.Key]bool{}
			for _, r := range see() {
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
	tb    rapid.TB
	rules flow.Rules
	flows map[string]*flow.Stitched

	all     []*audit.Record // those in the store and, behind them, those to come
	visible int             // how many are in the store
	busy    bool            // with every look-up comes another

	keep bool // go on with what is known from batch to batch
	kept map[string]*flow.Neighbourhood

	remember bool // and look up no id that was not met before
	met      map[string]map[flow.ID]bool
}

func (f *follower) see() []*audit.Record {
	if f.busy {
		f.visible = min(f.visible+1, len(f.all))
	}
	return f.all[:f.visible]
}

func (f *follower) neighbourhood(org string) *flow.Neighbourhood {
	if n := f.kept[org]; n != nil && f.keep {
		return n
	}
	if f.kept == nil {
		f.kept = map[string]*flow.Neighbourhood{}
	}
	f.kept[org] = flow.NewNeighbourhood(org, f.rules)
	if f.remember {
		f.kept[org].Unseen(func(id flow.ID) bool { return !f.met[org][id] })
	}
	return f.kept[org]
}

// meet notes the ids of records that were followed.
func (f *follower) meet(org string, records []*audit.Record) {
	if f.met == nil {
		f.met = map[string]map[flow.ID]bool{}
	}
	if f.met[org] == nil {
		f.met[org] = map[flow.ID]bool{}
	}
	for _, r := range records {
		for _, field := range []query.Field{query.UniqueID, query.RequestID, query.TraceID, query.TokenID, query.Session} {
			if value, ok := r.Get(field); ok && r.Kind == audit.KindAuth {
				f.met[org][flow.ID{Field: field, Value: value}] = true
			}
		}
	}
}

func (f *follower) follow(org string, changed []*audit.Record) {
	defer f.meet(org, changed)
	n := f.neighbourhood(org)
	var unaware []flow.Key
	for {
		change := asked(f.tb, n, 10*flow.MaxRounds, f.see, func() (flow.Change, []flow.ID) { return n.Restitch(changed, unaware) })
		before := make([]*flow.Stitched, len(change.Keys))
		for i, key := range change.Keys {
			before[i] = f.flows[nameOf(org, key)]
		}
		again := false
		for _, r := range n.Unsettled(before, change) {
			if !slices.ContainsFunc(changed, func(c *audit.Record) bool { return c.Key() == r.Key() }) {
				changed, again = append(changed, r), true
			}
		}
		for _, key := range f.unaware(org, change.Crowded) {
			if !slices.Contains(unaware, key) {
				unaware, again = append(unaware, key), true
			}
		}
		if !again {
			f.complete(changed, change.Flows)
			f.store(org, change.Keys, change.Flows)
			return
		}
	}
}

// complete requires that every changed record is in one of the flows, and in one only.
func (f *follower) complete(changed []*audit.Record, flows []*flow.Stitched) {
	held := map[audit.Key]int{}
	for _, s := range flows {
		if s != nil {
			for _, link := range s.Links {
				held[link.Record.Key()]++
			}
		}
	}
	for _, r := range changed {
		if want := one(r.Kind == audit.KindAuth); held[r.Key()] != want {
			f.tb.Fatalf("%s is in %d flows, want %d", r.UniqueID, held[r.Key()], want)
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
