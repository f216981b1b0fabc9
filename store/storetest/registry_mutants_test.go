package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// registryDefect is what a registry does wrong.
type registryDefect struct {
	key    func(*audit.EntryKey)                 // how it confuses keys
	put    func(*memoryRegistry, *audit.Entry)   // how it misunderstands a Put
	remove func(*memoryRegistry, audit.EntryKey) // what else a Delete does
	any    bool                                  // it deletes whatever the version
	got    func(*audit.Entry)                    // how it spoils an entry
	query  func(*audit.EntryQuery)               // how it misunderstands a query
	list   func([]audit.Entry) []audit.Entry     // how it spoils a list
}

// present makes a Put's version the present one, as if none had been compared.
func present(m *memoryRegistry, entry *audit.Entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	entry.Version = m.entries[entry.EntryKey].Version
}

var registryDefects = map[string]registryDefect{
	"the last to write wins": {put: present},
	"creates what is there": {put: func(m *memoryRegistry, entry *audit.Entry) {
		if entry.Version == "" {
			present(m, entry)
		}
	}},
	"updates whatever the version": {put: func(m *memoryRegistry, entry *audit.Entry) {
		if entry.Version != "" {
			present(m, entry)
		}
	}},
	"compares, then sets": {put: func(m *memoryRegistry, entry *audit.Entry) {
		then := *entry
		present(m, &then)
		if then.Version == entry.Version {
			time.Sleep(time.Millisecond)
			present(m, entry)
		}
	}},
	"versions begin anew": {remove: func(m *memoryRegistry, _ audit.EntryKey) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.given = 0
	}},
	"deletes whatever the version": {any: true},
	"orgs share entries":           {key: func(k *audit.EntryKey) { k.Org = "" }},
	"kinds share entries":          {key: func(k *audit.EntryKey) { k.Kind = "kind" }},
	"ids are folded":               {key: func(k *audit.EntryKey) { k.ID = strings.ToLower(k.ID) }},
	"keys end at a NUL":            {key: func(k *audit.EntryKey) { k.Org, _, _ = strings.Cut(k.Org, "\x00") }},
	"bodies are compacted": {got: func(e *audit.Entry) {
		var b bytes.Buffer
		_ = json.Compact(&b, e.Body)
		e.Body = b.Bytes()
	}},
	"bodies are decoded": {got: func(e *audit.Entry) {
		var v any
		_ = json.Unmarshal(e.Body, &v)
		e.Body, _ = json.Marshal(v)
	}},
	"lists ignore the scope":   {query: func(q *audit.EntryQuery) { q.Scope = audit.AllOrgs() }},
	"lists forget their place": {query: func(q *audit.EntryQuery) { q.After = audit.EntryKey{} }},
	"lists are short":          {query: func(q *audit.EntryQuery) { q.Limit = min(q.Limit, 10) }},
	"lists take any limit":     {query: func(q *audit.EntryQuery) { q.Limit = max(1, min(q.Limit, audit.MaxEntries)) }},
	"lists lack the newest":    {list: withoutNewest},
	"lists are in UTF-16's order": {list: func(l []audit.Entry) []audit.Entry {
		slices.SortStableFunc(l, func(a, b audit.Entry) int {
			return strings.Compare(a.Org+"\x00"+surrogates(a.ID), b.Org+"\x00"+surrogates(b.ID))
		})
		return l
	}},
}

// surrogates gives what lies beyond the first plane the place that it has in UTF-16.
func surrogates(text string) string { return strings.ReplaceAll(text, "\U00010000", "\ud7ff\uffff") }

// withoutNewest is a list from an index that was not refreshed.
func withoutNewest(entries []audit.Entry) []audit.Entry {
	newest := slices.MaxFunc(append(entries, audit.Entry{}), func(a, b audit.Entry) int {
		return strings.Compare(string(a.Version), string(b.Version))
	})
	return slices.DeleteFunc(entries, func(e audit.Entry) bool { return e.Version == newest.Version })
}

// faultyRegistry is the naive store whose registry has a defect.
type faultyRegistry struct {
	*memory
	registryDefect
}

func (f faultyRegistry) Get(ctx context.Context, key audit.EntryKey) (audit.Entry, error) {
	asked := key
	if f.key != nil {
		f.key(&asked)
	}
	entry, err := f.memory.Get(ctx, asked)
	entry.EntryKey = key
	if f.got != nil {
		f.got(&entry)
	}
	return entry, err
}

func (f faultyRegistry) Put(ctx context.Context, entry audit.Entry) (audit.Version, error) {
	if f.key != nil {
		f.key(&entry.EntryKey)
	}
	if f.put != nil {
		f.put(f.memoryRegistry, &entry)
	}
	return f.memory.Put(ctx, entry)
}

func (f faultyRegistry) Delete(ctx context.Context, key audit.EntryKey, version audit.Version) error {
	if f.key != nil {
		f.key(&key)
	}
	if f.any {
		entry := audit.Entry{EntryKey: key}
		present(f.memoryRegistry, &entry)
		version = entry.Version
	}
	err := f.memory.Delete(ctx, key, version)
	if f.remove != nil && err == nil {
		f.remove(f.memoryRegistry, key)
	}
	return err
}

func (f faultyRegistry) List(ctx context.Context, q audit.EntryQuery) ([]audit.Entry, error) {
	if f.query != nil {
		f.query(&q)
	}
	entries, err := f.memory.List(ctx, q)
	if f.list != nil {
		entries = f.list(entries)
	}
	return entries, err
}

func TestTheSuiteNoticesDefectsOfTheRegistry(t *testing.T) {
	t.Parallel()
	for name, d := range registryDefects {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := func(testing.TB) audit.Store { return faultyRegistry{newMemory(), d} }
			if failures := failuresOf(t, groups(), "registry", open); len(failures) == 0 {
				t.Error("the suite accepts a registry with this defect")
			}
		})
	}
}
