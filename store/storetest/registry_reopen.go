package storetest

import (
	"context"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

// keptRegistry is what a registry must still have when it is opened again: some
// entries, and the memory of the versions of one that was deleted.
type keptRegistry struct {
	entries []audit.Entry
	deleted audit.Entry
	given   map[audit.Version]bool
}

func (s *subject) fillRegistry(t testing.TB) *keptRegistry {
	t.Helper()
	kept := &keptRegistry{deleted: entryOf("lease", "", "deleted", "1"), given: map[audit.Version]bool{}}
	for _, entry := range awkwardEntries() {
		kept.entries = append(kept.entries, s.put(t, entry))
	}
	kept.putAndDelete(t, s)
	return kept
}

// putAndDelete makes the newest version of all one whose entry is gone.
func (k *keptRegistry) putAndDelete(t testing.TB, s *subject) {
	t.Helper()
	entry := s.put(t, k.deleted)
	if k.given[entry.Version] {
		t.Errorf("the version %q was given before it was closed", entry.Version)
	}
	k.given[entry.Version] = true
	if err := s.Delete(context.Background(), entry.EntryKey, entry.Version); err != nil {
		t.Errorf("delete: %v", err)
	}
}

// expect checks that the store has kept it all, and goes on from there.
func (k *keptRegistry) expect(t testing.TB, s *subject) {
	t.Helper()
	for _, entry := range k.entries {
		s.expectEntry(t, entry)
	}
	_, err := s.Get(context.Background(), k.deleted.EntryKey)
	expectCode(t, "get what was deleted before it was closed", err, audit.NotFound)
	k.putAndDelete(t, s)
	k.entries[0] = s.put(t, k.entries[0])
}
