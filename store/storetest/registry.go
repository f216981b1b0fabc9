package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

func registryGroup() group {
	return group{name: "registry", checks: []check{
		{"compare and set", checkCompareAndSet},
		{"versions never repeat", checkVersionsNeverRepeat},
		{"one of many creates", checkOneCreates},
		{"no update is lost among many", checkNoLostUpdate},
		{"keys never meet, and bodies stay as they were", checkAwkwardEntries},
		{"what is over a limit is refused", checkRefusedEntries},
		{"lists are complete, in order, at once", checkList},
		{"lists keep to kinds and orgs", checkListScope},
	}}
}

func entryOf(kind, org, id, body string) audit.Entry {
	return audit.Entry{EntryKey: audit.EntryKey{Kind: kind, Org: org, ID: id}, Body: json.RawMessage(body)}
}

// put stores an entry that must be accepted, and returns it as it is then.
func (s *subject) put(t testing.TB, entry audit.Entry) audit.Entry {
	t.Helper()
	version, err := s.Put(context.Background(), entry)
	if err != nil {
		t.Fatalf("put %+.80v: %v", entry.EntryKey, err)
	}
	if version == "" || version == entry.Version {
		t.Fatalf("put %+.80v: the version after %q is %q", entry.EntryKey, entry.Version, version)
	}
	entry.Version = version
	return entry
}

// expectEntry checks that the registry has the entry, to the byte.
func (s *subject) expectEntry(t testing.TB, want audit.Entry) {
	t.Helper()
	got, err := s.Get(context.Background(), want.EntryKey)
	if err == nil {
		err = sameEntry(got, want)
	}
	if err != nil {
		t.Errorf("get %.80q: %v", want.ID, err)
	}
}

func sameEntry(got, want audit.Entry) error {
	if got.EntryKey != want.EntryKey || got.Version != want.Version || string(got.Body) != string(want.Body) {
		return fmt.Errorf("the entry is %+.80v %q %.200s, want %+.80v %q %.200s",
			got.EntryKey, got.Version, got.Body, want.EntryKey, want.Version, want.Body)
	}
	return nil
}

func (s *subject) expectConflict(t testing.TB, what string, entry audit.Entry) {
	t.Helper()
	_, err := s.Put(context.Background(), entry)
	expectCode(t, "put "+what, err, audit.Conflict)
}

func (s *subject) expectStuck(t testing.TB, what string, entry audit.Entry) {
	t.Helper()
	expectCode(t, "delete "+what, s.Delete(context.Background(), entry.EntryKey, entry.Version), audit.Conflict)
}

func checkCompareAndSet(t testing.TB, s *subject) {
	ctx := context.Background()
	absent := entryOf("destination", "a", "one", `{"n":0}`)
	_, err := s.Get(ctx, absent.EntryKey)
	expectCode(t, "get what is not there", err, audit.NotFound)
	s.expectStuck(t, "what is not there", absent)

	first := s.put(t, absent)
	s.expectEntry(t, first)
	s.expectConflict(t, "what is there, without a version", absent)
	s.expectStuck(t, "without a version", absent)
	changing := first
	changing.Body = json.RawMessage(`{"n":1}`)
	second := s.put(t, changing)
	s.expectEntry(t, second)
	for _, version := range []audit.Version{first.Version, "nonsense", "1.2.3", "9999999", "-1", audit.Version(strings.Repeat("9", 400))} {
		stale := second
		stale.Version, stale.Body = version, json.RawMessage(`"stale"`)
		s.expectConflict(t, fmt.Sprintf("with the version %.20q", version), stale)
		s.expectStuck(t, fmt.Sprintf("with the version %.20q", version), stale)
	}
	s.expectEntry(t, second)
	elsewhere := second
	elsewhere.ID = "two"
	s.expectConflict(t, "with another entry's version", elsewhere)

	if err := s.Delete(ctx, second.EntryKey, second.Version); err != nil {
		t.Errorf("delete: %v", err)
	}
	_, err = s.Get(ctx, second.EntryKey)
	expectCode(t, "get what was deleted", err, audit.NotFound)
	s.expectStuck(t, "what was deleted", second)
	s.expectConflict(t, "what was deleted, with its last version", second)
}

func checkVersionsNeverRepeat(t testing.TB, s *subject) {
	given := map[audit.Version]bool{}
	for round := range 6 {
		entry := s.put(t, entryOf("lease", "", "l", fmt.Sprint(round)))
		for range round {
			given[entry.Version] = true
			entry = s.put(t, entry)
		}
		if given[entry.Version] {
			t.Fatalf("the version %q was given before", entry.Version)
		}
		given[entry.Version] = true
		if err := s.Delete(context.Background(), entry.EntryKey, entry.Version); err != nil {
			t.Fatalf("delete: %v", err)
		}
	}
	entry := s.put(t, entryOf("lease", "", "l", `"anew"`))
	for version := range given {
		stale := entry
		stale.Version = version
		s.expectConflict(t, "with the version of a deleted entry", stale)
	}
	s.expectEntry(t, entry)
}

const contenders = 16

// contend runs something many times at once, and returns how often it succeeded;
// what fails must be a Conflict.
func contend(t testing.TB, try func(i int) error) (succeeded int) {
	t.Helper()
	errs := make([]error, contenders)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() { errs[i] = try(i) })
	}
	group.Wait()
	for _, err := range errs {
		if err == nil {
			succeeded++
			continue
		}
		expectCode(t, "of many at once, one", err, audit.Conflict)
	}
	return succeeded
}

func checkOneCreates(t testing.TB, s *subject) {
	for round := range 3 {
		claim := entryOf("name", "a", fmt.Sprintf("name-%d", round), `true`)
		created := contend(t, func(int) error {
			_, err := s.Put(context.Background(), claim)
			return err
		})
		if created != 1 {
			t.Errorf("%d of %d have claimed the name", created, contenders)
		}
		held, err := s.Get(context.Background(), claim.EntryKey)
		if err != nil {
			t.Fatalf("get: %v", err)
		}
		deleted := contend(t, func(int) error { return s.Delete(context.Background(), held.EntryKey, held.Version) })
		if deleted != 1 {
			t.Errorf("%d of %d have deleted the claim", deleted, contenders)
		}
	}
}

func checkNoLostUpdate(t testing.TB, s *subject) {
	counter := s.put(t, entryOf("checkpoint", "a", "counter", "0"))
	counted := 0
	for range 5 {
		counted += contend(t, func(int) error { return s.increment(counter.EntryKey) })
	}
	last, err := s.Get(context.Background(), counter.EntryKey)
	if err != nil || string(last.Body) != fmt.Sprint(counted) || counted == 0 {
		t.Errorf("after %d updates the counter is %s, %v", counted, last.Body, err)
	}
}

// increment adds one to a counter, unless somebody else does at the same time.
func (s *subject) increment(key audit.EntryKey) error {
	entry, err := s.Get(context.Background(), key)
	if err != nil {
		return err
	}
	var n int
	if err := json.Unmarshal(entry.Body, &n); err != nil {
		return err
	}
	entry.Body = json.RawMessage(fmt.Sprint(n + 1))
	_, err = s.Put(context.Background(), entry)
	return err
}
