package storetest

import (
	"context"
	"slices"
	"strconv"
	"sync"

	"github.com/authtrail/authtrail/audit"
)

// memoryRegistry is a registry in a map.
type memoryRegistry struct {
	mu      sync.Mutex
	entries map[audit.EntryKey]audit.Entry
	given   int // versions
	ready   func(context.Context) error
}

func newMemoryRegistry(ready func(context.Context) error) *memoryRegistry {
	return &memoryRegistry{entries: map[audit.EntryKey]audit.Entry{}, ready: ready}
}

func (m *memoryRegistry) Get(ctx context.Context, key audit.EntryKey) (audit.Entry, error) {
	if err := m.check(ctx, key.Validate()); err != nil {
		return audit.Entry{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	entry, ok := m.entries[key]
	if !ok {
		return audit.Entry{}, audit.EntryNotFound(key)
	}
	return own(entry), nil
}

func (m *memoryRegistry) Put(ctx context.Context, entry audit.Entry) (audit.Version, error) {
	if err := m.check(ctx, entry.Validate()); err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries[entry.EntryKey].Version != entry.Version {
		return "", audit.EntryConflict(entry.EntryKey)
	}
	m.given++
	entry.Version = audit.Version(strconv.Itoa(m.given))
	m.entries[entry.EntryKey] = own(entry)
	return entry.Version, nil
}

func (m *memoryRegistry) Delete(ctx context.Context, key audit.EntryKey, version audit.Version) error {
	if err := m.check(ctx, key.Validate()); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if version == "" || m.entries[key].Version != version {
		return audit.EntryConflict(key)
	}
	delete(m.entries, key)
	return nil
}

func (m *memoryRegistry) List(ctx context.Context, q audit.EntryQuery) ([]audit.Entry, error) {
	if err := m.check(ctx, q.Validate()); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var entries []audit.Entry
	for _, entry := range m.entries {
		if entry.Kind == q.Kind && q.Scope.Allows(entry.Org) && q.After.Compare(entry.EntryKey) < 0 {
			entries = append(entries, own(entry))
		}
	}
	slices.SortFunc(entries, func(a, b audit.Entry) int { return a.EntryKey.Compare(b.EntryKey) })
	return entries[:min(len(entries), q.Limit)], nil
}

// check returns the error of a refused call, or of a store that is closed.
func (m *memoryRegistry) check(ctx context.Context, invalid error) error {
	if invalid != nil {
		return invalid
	}
	return m.ready(ctx)
}

// own returns an entry whose body nobody else has.
func own(entry audit.Entry) audit.Entry {
	entry.Body = slices.Clone(entry.Body)
	return entry
}
