package builder_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/indexer/builder"
)

// disturb removes some flows, changes others, and adds some that no record supports.
func (w *world) disturb() {
	w.tb.Helper()
	var changes []audit.Replacement
	for i, row := range w.rows() {
		state, err := flow.StateOf(row)
		if err != nil {
			w.tb.Fatal(err)
		}
		switch links := state.Stitched.Links; {
		case i%7 == 0:
			changes = append(changes, audit.Replacement{Row: row, Was: row.Version, Remove: true})
		case i%7 == 1 && len(links) > 1:
			state.Stitched.Links = links[:1]
			changes = append(changes, audit.Replacement{Row: flow.NewRow(state), Was: row.Version})
		}
	}
	ghosts := []*audit.Record{record(w.tb, "ghost-1", noon, "request_id=q-ghost"), record(w.tb, "ghost-2", noon, "trace_id=t-ghost"), record(w.tb, "ghost-3", noon)}
	for _, s := range flow.StitchAll(ghosts, flow.Rules{Idle: idle}) {
		changes = append(changes, audit.Replacement{Row: flow.NewRow(flow.State{Stitched: s, Revision: 1})})
	}
	if err := w.flows.Replace(w.tb.Context(), changes); err != nil {
		w.tb.Fatal(err)
	}
}

func TestRebuildingEndsAsFollowing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	records := tangle(t, rand.New(rand.NewPCG(8, 8)), 300)
	w.append(records...)
	b, stop := w.run(w.options())
	w.catchUp(b)
	stop()
	followed := w.stored()
	w.disturb()
	var last uint64
	if err := builder.New(w.options()).Rebuild(t.Context(), func(n uint64) { last = n }); err != nil {
		t.Fatal(err)
	}
	w.requireFlows(followed)
	if last != uint64(len(records)) {
		t.Errorf("it said that it has followed %d records", last)
	}
	revisions := w.revisions()
	if err := builder.New(w.options()).Rebuild(t.Context(), func(uint64) {}); err != nil {
		t.Fatal(err)
	}
	for key, revision := range w.revisions() {
		if revisions[key] != revision {
			t.Errorf("the flow %s has revision %d, and had %d", key.UniqueID, revision, revisions[key])
		}
	}
}

func TestARebuildThatIsInterruptedGoesOn(t *testing.T) {
	t.Parallel()
	for name, goOn := range map[string]func(*world) uint64{
		"by rebuilding": func(w *world) (followed uint64) {
			b := builder.New(w.options())
			if err := b.Rebuild(w.tb.Context(), func(n uint64) { followed = n }); err != nil {
				w.tb.Fatal(err)
			}
			if followed != 300 {
				w.tb.Errorf("in the end it says %d", followed)
			}
			return b.Stats().Records
		},
		"by following": func(w *world) uint64 {
			b, stop := w.run(w.options())
			defer stop()
			want := len(flow.StitchAll(tangle(w.tb, rand.New(rand.NewPCG(9, 9)), 300), flow.Rules{Idle: idle}))
			w.eventually("what no record supports is gone", func() bool { return len(w.rows()) == want })
			return b.Stats().Records
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			records := tangle(t, rand.New(rand.NewPCG(9, 9)), 300)
			w.append(records...)
			b, stop := w.run(w.options())
			w.catchUp(b)
			stop()
			w.disturb()
			options := w.options()
			options.Batch = 50
			ctx, interrupt := context.WithCancel(t.Context())
			err := builder.New(options).Rebuild(ctx, func(n uint64) {
				if n >= 100 {
					interrupt()
				}
			})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("interrupted, it says %v", err)
			}
			if n := goOn(w); n == 0 || n > 200 {
				t.Errorf("going on, it has followed %d records", n)
			}
			w.requireFlowsOf(records)
		})
	}
}
