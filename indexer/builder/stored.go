package builder

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/lease"
	"github.com/authtrail/authtrail/audit/query"
)

// stored is a flow as the store has it.
type stored struct {
	row   *audit.Record
	state *flow.State // nil where it cannot be read: then it is made anew
}

func (t *term) storedOf(row *audit.Record) *stored {
	state, err := flow.StateOf(row)
	if err != nil {
		t.options.Logger.Error("a stored login flow is damaged", "org", row.Org, "flow", row.UniqueID, "error", err)
		return &stored{row: row}
	}
	return &stored{row, &state}
}

// load reads the stored flows that a change concerns, but for those that surely are
// not there.
func (t *term) load(ctx context.Context, works []*work) error {
	type wanted struct {
		by  *work
		key flow.Key
	}
	var missing []wanted
	for _, w := range works {
		for _, key := range w.change.Keys {
			if _, known := w.stored[key]; known {
				continue
			}
			if w.stored[key] = nil; t.maybeStored(w.org, key.SharedID()) {
				missing = append(missing, wanted{w, key})
			}
		}
	}
	for chunk := range slices.Chunk(missing, audit.MaxPageSize) {
		keys := make([]audit.LookupKey, len(chunk))
		for i, m := range chunk {
			keys[i] = audit.LookupKey{Org: m.by.org, Value: m.key.FlowID(m.by.org)}
		}
		rows, err := t.lookup(ctx, keys)
		if err != nil {
			return err
		}
		for i, row := range rows {
			if row != nil {
				chunk[i].by.stored[chunk[i].key] = t.storedOf(row)
			}
		}
	}
	return nil
}

// maybeStored reports whether a flow with a key of this id may be stored: not where
// no record that was followed had the id, and no flow was stored of records to come,
// which look-ups bring before their turn.
func (t *term) maybeStored(org string, id flow.ID) bool {
	return !t.sure || t.maybe(org, id) || t.written.maybe(org, id)
}

// lookup returns the row of each flow id, nil where there is none.
func (t *term) lookup(ctx context.Context, keys []audit.LookupKey) ([]*audit.Record, error) {
	pages, err := t.options.Flows.Lookup(ctx, audit.Lookup{Scope: audit.AllOrgs(), Kinds: []audit.Kind{audit.KindFlow},
		Field: query.UniqueID, Keys: keys, Window: audit.Window{Limit: 1}})
	if err != nil {
		return nil, fmt.Errorf("look up login flows: %w", err)
	}
	rows := make([]*audit.Record, len(keys))
	for i, page := range pages {
		if len(page.Hits) > 0 {
			rows[i] = page.Hits[0].Record
		}
	}
	return rows, nil
}

// changes are rows to replace, and what that comes to.
type changes struct {
	replacements []audit.Replacement
	closed       int
	states       []flow.State // of the flows that stay
}

// revise adds what has become of a flow: nothing, when it is as it was.
func (c *changes) revise(t *term, before *stored, after *flow.Stitched) {
	switch {
	case after == nil && before != nil:
		c.replacements = append(c.replacements, audit.Replacement{Row: before.row, Was: before.row.Version, Remove: true})
		return
	case after == nil:
		return
	}
	var state *flow.State
	var was audit.Version
	if before != nil {
		state, was = before.state, before.row.Version
	}
	next, changed := flow.Revise(state, after, t.options.Now(), t.rules.Idle)
	if !changed {
		return
	}
	if next.Closed {
		c.closed++
	}
	c.replacements = append(c.replacements, audit.Replacement{Row: flow.NewRow(next), Was: was})
	c.states = append(c.states, next)
}

// store replaces the flows that have changed. Those that lost all records go last,
// so that these are in a flow at every moment. It returns what it has done, or, with
// an error, what of it may have been done. It runs beside the work on the next batch,
// so it alters nothing of the term.
func (t *term) store(ctx context.Context, works []*work) (changes, error) {
	var all changes
	for _, removing := range []bool{false, true} {
		from := len(all.replacements)
		for _, w := range works {
			for i, key := range w.change.Keys {
				if after := w.change.Flows[i]; (after == nil) == removing {
					all.revise(t, w.stored[key], after)
				}
			}
		}
		if err := t.replace(ctx, all.replacements[from:]); err != nil {
			return all, err
		}
	}
	return all, nil
}

// note takes note of changes that were made, or, with an error, of which some may have been.
func (t *term) note(all changes, err error) error {
	for _, state := range all.states {
		t.written.note(state.Stitched.Org, state.Stitched.Key.SharedID())
	}
	if err != nil {
		return err
	}
	t.open.add(all.states, t.rules.Idle)
	t.progress.count(func(s *Stats) {
		s.Written += uint64(len(all.states))
		s.Removed += uint64(len(all.replacements) - len(all.states))
		s.Closed += uint64(all.closed)
	})
	return nil
}

const (
	// maxChunkBytes is how much is replaced at once.
	maxChunkBytes = 8 << 20
	// maxWriters is how many chunks are under way: while one is written, the next
	// is made ready.
	maxWriters = 2
)

// replace makes changes, some at a time.
func (t *term) replace(ctx context.Context, all []audit.Replacement) error {
	writers, writing := errgroup.WithContext(ctx)
	writers.SetLimit(maxWriters)
	for rest := all; len(rest) > 0; {
		n := chunkOf(rest)
		chunk := rest[:n]
		rest = rest[n:]
		writers.Go(func() error {
			if !t.held.Held() {
				return lease.ErrLost
			}
			return safely(func() error { return t.options.Flows.Replace(writing, chunk) })
		})
	}
	if err := writers.Wait(); err != nil {
		return fmt.Errorf("store login flows: %w", err)
	}
	return nil
}

// chunkOf returns how many of some changes are made at once.
func chunkOf(changes []audit.Replacement) int {
	n, size := 0, 0
	for n < len(changes) && n < audit.MaxReplacements && (n == 0 || size+len(changes[n].Row.Raw) <= maxChunkBytes) {
		size += len(changes[n].Row.Raw)
		n++
	}
	return n
}
