package storetest

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

func TestTheNaiveFlowStoreConforms(t *testing.T) {
	t.Parallel()
	RunFlows(t, openFlowMemory)
}

func openFlowMemory(testing.TB) audit.FlowStore { return newFlowMemory() }

// flowMemory is a store of rows in a slice, in the order of their latest changes.
type flowMemory struct {
	*memory
	given int // versions, which are places in the feed as well

	turn sync.Mutex // held by the mutant that replaces, which looks at what was there before
}

func newFlowMemory() *flowMemory { return &flowMemory{memory: newMemory()} }

func (m *flowMemory) Replace(ctx context.Context, changes []audit.Replacement) error {
	if _, err := m.view(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.refuses(changes); err != nil {
		return err
	}
	for _, change := range changes {
		at := m.find(change.Row.Key())
		rows := slices.Clone(m.records) // of which readers may have the old one
		if at >= 0 {
			rows = slices.Delete(rows, at, at+1)
		}
		if !change.Remove {
			m.given++
			rows = append(rows, versioned(change.Row, audit.Version(strconv.Itoa(m.given))))
		}
		m.records = rows
	}
	m.wake()
	return nil
}

func versioned(r *audit.Record, version audit.Version) *audit.Record {
	own := restoreFlow(r.Stored())
	own.Version = version
	return own
}

// refuses returns why changes cannot be made; nil when they can.
func (m *flowMemory) refuses(changes []audit.Replacement) error {
	if len(changes) > audit.MaxReplacements {
		return audit.Invalid("changes", "are too many")
	}
	named := map[audit.Key]bool{}
	for _, change := range changes {
		if change.Row == nil || len(change.Row.Raw) > FlowFormat().MaxBytes || named[change.Row.Key()] {
			return audit.Invalid("changes", "cannot be made")
		}
		named[change.Row.Key()] = true
	}
	for _, change := range changes {
		var version audit.Version
		if at := m.find(change.Row.Key()); at >= 0 {
			version = m.records[at].Version
		}
		if version != change.Was || change.Remove && version == "" {
			return &audit.Error{Code: audit.Conflict, Message: "the row has changed meanwhile"}
		}
	}
	return nil
}

func (m *flowMemory) find(key audit.Key) int {
	return slices.IndexFunc(m.records, func(r *audit.Record) bool { return r.Key() == key })
}

func (m *flowMemory) Scan(ctx context.Context, q audit.Query, yield func(*audit.Record) bool) error {
	if err := q.Scope.Validate(); err != nil {
		return err
	}
	records, err := m.view(ctx)
	if err != nil {
		return err
	}
	q.Order = audit.Order{}
	for _, r := range records.Matching(q) {
		stored := r.Stored()
		stored.Raw = stored.Raw[:FlowFormat().Head(stored.Raw)]
		head := restoreFlow(stored)
		head.Version = r.Version
		if !yield(head) {
			return nil
		}
	}
	return nil
}

func (m *flowMemory) End(ctx context.Context) (audit.Position, error) {
	records, err := m.view(ctx)
	return endOf(records), err
}

// endOf is the place of the last row: that of its version.
func endOf(records Oracle) audit.Position {
	if len(records) == 0 {
		return ""
	}
	return audit.Position("m" + records[len(records)-1].Version)
}

func placeOf(r *audit.Record) int {
	n, _ := strconv.Atoi(string(r.Version))
	return n
}

func (m *flowMemory) Since(ctx context.Context, position audit.Position, limit int) (audit.FeedBatch, error) {
	n, err := after(position)
	if err != nil {
		return audit.FeedBatch{}, err
	}
	records, err := m.view(ctx)
	batch := audit.FeedBatch{Next: position}
	for _, r := range records {
		if placeOf(r) > n && len(batch.Records) < limit {
			batch.Next = positionAt(placeOf(r))
			batch.Records, batch.Positions = append(batch.Records, r), append(batch.Positions, batch.Next)
		}
	}
	return batch, err
}

func (m *flowMemory) Behind(ctx context.Context, position audit.Position) (int64, error) {
	n, err := after(position)
	if err != nil {
		return 0, err
	}
	records, err := m.view(ctx)
	if len(records) == 0 || err != nil {
		return 0, err
	}
	return int64(placeOf(records[len(records)-1]) - n), nil
}

func (m *flowMemory) Wait(ctx context.Context, position audit.Position) error {
	n, err := after(position)
	for err == nil {
		m.mu.RLock()
		changed := m.appended
		m.mu.RUnlock()
		var records Oracle
		if records, err = m.view(ctx); err != nil || len(records) > 0 && placeOf(records[len(records)-1]) > n {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	return err
}

func TestAFlowStoreThatKeepsEverythingReopens(t *testing.T) {
	t.Parallel()
	RunFlowReopen(t, flowsKeptIn(map[string]*flowMemory{}, func(*flowMemory) {}))
}

func TestReopeningNoticesWhatAFlowStoreLoses(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*flowMemory){
		"the last row":         func(m *flowMemory) { m.records = m.records[:len(m.records)-1] },
		"the versions it gave": func(m *flowMemory) { m.records = renumbered(m.records) },
		"an entry":             func(m *flowMemory) { delete(m.entries, awkwardEntries()[0].EntryKey) },
	} {
		w := &witness{TB: t}
		if failures := w.watch(func(tb testing.TB) { RunFlowReopen(tb, flowsKeptIn(map[string]*flowMemory{}, lose)) }); len(failures) == 0 {
			t.Errorf("a store that loses %s is accepted", name)
		}
		w.cleanUp()
	}
}

func renumbered(rows Oracle) Oracle {
	var again Oracle
	for i, r := range rows {
		again = append(again, versioned(r, audit.Version(strconv.Itoa(i+1))))
	}
	return again
}

// flowsKeptIn opens naive stores that go on where the last one in the folder was closed, less what is lost.
func flowsKeptIn(folders map[string]*flowMemory, lose func(*flowMemory)) func(testing.TB, string) audit.FlowStore {
	return func(_ testing.TB, dir string) audit.FlowStore {
		m := newFlowMemory()
		if last := folders[dir]; last != nil {
			m.records, m.given = last.records, last.given
			m.entries, m.memoryRegistry.given = last.entries, last.memoryRegistry.given
			lose(m)
		}
		folders[dir] = m
		return m
	}
}
