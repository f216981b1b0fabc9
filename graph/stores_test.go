package graph_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/store/sqlite"
)

// stores are where events and the login flows made of them are kept.
type stores struct {
	events audit.Store
	flows  audit.FlowStore
}

// open opens stores that hold the events and their flows.
func open(t testing.TB, dir string, events []string) stores {
	t.Helper()
	records, err := sqlite.Open(context.Background(), sqlite.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	flows, err := sqlite.Open(context.Background(), sqlite.Options{Dir: filepath.Join(dir, "flows"), Format: flow.Format()})
	if err != nil {
		t.Fatal(err)
	}
	s := stores{records, flows}
	add(t, records, events...)
	stitch(t, s)
	return s
}

func (s stores) close() {
	_ = s.events.Close()
	_ = s.flows.Close()
}

// stitch brings the stored flows to what the records come to, as the builder does.
func stitch(t testing.TB, s stores) {
	t.Helper()
	stored := map[audit.Key]*audit.Record{}
	for _, row := range everything(t, s.flows) {
		stored[row.Key()] = row
	}
	var changes []audit.Replacement
	for _, stitched := range flow.StitchAll(everything(t, s.events), flow.Rules{Idle: idle}) {
		key := audit.Key{Org: stitched.Org, UniqueID: stitched.ID()}
		var before *flow.State
		change := audit.Replacement{}
		if row := stored[key]; row != nil {
			state, err := flow.StateOf(row)
			if err != nil {
				t.Fatal(err)
			}
			before, change.Was = &state, row.Version
			delete(stored, key)
		}
		if state, changed := flow.Revise(before, stitched, now, idle); changed {
			change.Row = flow.NewRow(state)
			changes = append(changes, change)
		}
	}
	for _, gone := range stored {
		changes = append(changes, audit.Replacement{Row: gone, Was: gone.Version, Remove: true})
	}
	for some := range slices.Chunk(changes, audit.MaxPageSize) {
		if err := s.flows.Replace(context.Background(), some); err != nil {
			t.Fatal(err)
		}
	}
}

// everything returns all rows of a store.
func everything(t testing.TB, from audit.Feed) []*audit.Record {
	t.Helper()
	var all []*audit.Record
	for position := audit.Position(""); ; {
		batch, err := from.Since(context.Background(), position, audit.MaxPageSize)
		if err != nil {
			t.Fatal(err)
		}
		if len(batch.Records) == 0 {
			return all
		}
		all, position = append(all, batch.Records...), batch.Next
	}
}
