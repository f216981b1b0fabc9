package storetest

import (
	"testing"

	"github.com/authtrail/authtrail/audit"
)

func TestAStoreThatKeepsEverythingReopens(t *testing.T) {
	t.Parallel()
	RunReopen(t, keptIn(map[string]*memory{}, func(m *memory) {}))
}

func TestReopeningNoticesWhatIsLost(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*memory){
		"the last record":       func(m *memory) { m.records = m.records[:len(m.records)-1] },
		"the known ids":         func(m *memory) { clear(m.held) },
		"an entry":              func(m *memory) { delete(m.entries, awkwardEntries()[0].EntryKey) },
		"the versions it gave":  func(m *memory) { m.memoryRegistry.given = len(m.entries) },
		"the order of the feed": func(m *memory) { m.records = append(m.records[5:len(m.records):len(m.records)], m.records[:5]...) },
	} {
		w := &witness{TB: t}
		if failures := w.watch(func(tb testing.TB) { RunReopen(tb, keptIn(map[string]*memory{}, lose)) }); len(failures) == 0 {
			t.Errorf("a store that loses %s is accepted", name)
		}
		w.cleanUp()
	}
}

// keptIn opens naive stores that go on where the last one in the folder was closed, less what is lost.
func keptIn(folders map[string]*memory, lose func(*memory)) OpenIn {
	return func(_ testing.TB, dir string) audit.Store {
		m := newMemory()
		if last := folders[dir]; last != nil {
			m.records, m.held = last.records, last.held
			m.entries, m.given = last.entries, last.memoryRegistry.given
			lose(m)
		}
		folders[dir] = m
		return m
	}
}
