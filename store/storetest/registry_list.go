package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

// awkwardEntries are entries whose keys differ by little, and whose bodies a
// careless store would change.
func awkwardEntries() []audit.Entry {
	long := strings.Repeat("ä", audit.MaxEntryID/2)
	entries := []audit.Entry{
		entryOf("a", "b", "c", ` {"b" : 1,  "a":1, "a":2 } `),
		entryOf("a", "bc", "c", `null`),
		entryOf("a", "", "bc", `"\u00e4 \u0000 <&> \ud83d\ude00"`),
		entryOf("ab", "", "c", `12345678901234567890.000000000000000000001`),
		entryOf("a", "B", "c", `[]`),
		entryOf("a", "b", "C", `{"nested":`+strings.Repeat("[", 300)+strings.Repeat("]", 300)+`}`),
		entryOf("a", "b\x00", "c", `1`),
		entryOf("a", "b", "\x00c", `2`),
		entryOf("a", "b/c", "../d?e=f#g", `3`),
		entryOf("a", "b", " c ", `4`),
		entryOf("a", "b", "_all", `5`),
		entryOf("a", "b", "*", `6`),
		entryOf("a", "e\u0301", "\u00e9", `7`),
		entryOf("a", "\u00e9", "e\u0301", `8`),
		entryOf("a", "z", "\uffff", `9`),
		entryOf("a", "z", "\U00010000", `10`),
		entryOf("a", long, long, `"`+strings.Repeat("x", audit.MaxEntryBody-2)+`"`),
		entryOf("a", long, long[2:], `11`),
		entryOf(strings.Repeat("k", audit.MaxEntryKind), "", "k", `12`),
	}
	return entries
}

func checkAwkwardEntries(t testing.TB, s *subject) {
	entries := awkwardEntries()
	for i := range entries {
		entries[i] = s.put(t, entries[i])
	}
	for _, entry := range entries {
		s.expectEntry(t, entry)
	}
	s.expectList(t, audit.EntryQuery{Kind: "a", Scope: audit.AllOrgs()}, entries)
	s.expectList(t, audit.EntryQuery{Kind: "a", Scope: audit.Orgs("b", "b\x00", "\u00e9")}, entries)
}

func checkRefusedEntries(t testing.TB, s *subject) {
	ctx := context.Background()
	for what, entry := range map[string]audit.Entry{
		"no kind":             entryOf("", "a", "b", `1`),
		"a kind in capitals":  entryOf("Kind", "a", "b", `1`),
		"a kind with a slash": entryOf("a/b", "a", "b", `1`),
		"a long kind":         entryOf(strings.Repeat("k", audit.MaxEntryKind+1), "a", "b", `1`),
		"no id":               entryOf("k", "a", "", `1`),
		"a long id":           entryOf("k", "a", strings.Repeat("i", audit.MaxEntryID+1), `1`),
		"a long org":          entryOf("k", strings.Repeat("o", audit.MaxEntryOrg+1), "b", `1`),
		"an id not in UTF-8":  entryOf("k", "a", "b\xff", `1`),
		"an org not in UTF-8": entryOf("k", "\xc3", "b", `1`),
	} {
		_, err := s.Put(ctx, entry)
		expectCode(t, "put "+what, err, audit.BadUserInput)
		_, err = s.Get(ctx, entry.EntryKey)
		expectCode(t, "get "+what, err, audit.BadUserInput)
		expectCode(t, "delete "+what, s.Delete(ctx, entry.EntryKey, "1"), audit.BadUserInput)
	}
	for what, body := range map[string]string{
		"no body": "", "half a body": `{"a":`, "two bodies": `1 2`, "a body not in UTF-8": "\"\xff\"",
		"a long body": `"` + strings.Repeat("x", audit.MaxEntryBody-1) + `"`,
	} {
		_, err := s.Put(ctx, entryOf("k", "a", "b", body))
		expectCode(t, "put "+what, err, audit.BadUserInput)
	}
	for _, limit := range []int{-1, 0, audit.MaxEntries + 1} {
		_, err := s.List(ctx, audit.EntryQuery{Kind: "k", Scope: audit.AllOrgs(), Limit: limit})
		expectCode(t, fmt.Sprintf("list with the limit %d", limit), err, audit.BadUserInput)
	}
	_, err := s.List(ctx, audit.EntryQuery{Kind: "", Scope: audit.AllOrgs(), Limit: 1})
	expectCode(t, "list without a kind", err, audit.BadUserInput)
	_, err = s.List(ctx, audit.EntryQuery{Kind: "k", Limit: 1})
	expectCode(t, "list without a scope", err, audit.Internal)
}

// expectList checks that a query gives those of the entries that it asks for, in
// order, in lists of several lengths.
func (s *subject) expectList(t testing.TB, q audit.EntryQuery, entries []audit.Entry) {
	t.Helper()
	var want []audit.Entry
	for _, entry := range entries {
		if entry.Kind == q.Kind && q.Scope.Allows(entry.Org) {
			want = append(want, entry)
		}
	}
	slices.SortFunc(want, func(a, b audit.Entry) int { return a.EntryKey.Compare(b.EntryKey) })
	for _, limit := range []int{1, 3, max(1, len(want)), audit.MaxEntries} {
		q.Limit, q.After = limit, audit.EntryKey{}
		got, err := s.listAll(q, len(want))
		if err != nil {
			t.Fatalf("list %s by %d: %v", q.Kind, limit, err)
		}
		if len(got) != len(want) {
			t.Fatalf("list %s by %d: %d entries, want %d", q.Kind, limit, len(got), len(want))
		}
		for i := range want {
			if err := sameEntry(got[i], want[i]); err != nil {
				t.Errorf("list %s by %d: number %d: %v", q.Kind, limit, i, err)
			}
		}
	}
}

// listAll follows a list to its end, or to a little more than is expected of it.
func (s *subject) listAll(q audit.EntryQuery, expected int) (all []audit.Entry, err error) {
	for len(all) <= expected {
		entries, err := s.List(context.Background(), q)
		if err != nil {
			return nil, err
		}
		if len(entries) > q.Limit {
			return nil, fmt.Errorf("%d entries, more than the limit", len(entries))
		}
		all = append(all, entries...)
		if len(entries) < q.Limit {
			break
		}
		q.After = all[len(all)-1].EntryKey
	}
	return all, nil
}

func checkList(t testing.TB, s *subject) {
	all := audit.EntryQuery{Kind: "destination", Scope: audit.AllOrgs()}
	s.expectList(t, all, nil)
	var entries []audit.Entry
	for i := range 12 {
		entries = append(entries, s.put(t, entryOf("destination", fmt.Sprintf("org-%d", i%3), fmt.Sprintf("d-%d", i*7%12), fmt.Sprint(i))))
		s.expectList(t, all, entries)
	}
	for i := range 4 {
		entries[i].Body = json.RawMessage(`"changed"`)
		entries[i] = s.put(t, entries[i])
		s.expectList(t, all, entries)
	}
	for range 4 {
		if err := s.Delete(context.Background(), entries[2].EntryKey, entries[2].Version); err != nil {
			t.Fatalf("delete: %v", err)
		}
		entries = slices.Delete(entries, 2, 3)
		s.expectList(t, all, entries)
	}
}

func checkListScope(t testing.TB, s *subject) {
	var entries []audit.Entry
	for _, kind := range []string{"lease", "key", "leases"} {
		for _, org := range []string{"", "a", "b", "A", "a*"} {
			for _, id := range []string{"1", "2", "10"} {
				entries = append(entries, s.put(t, entryOf(kind, org, id, quote(kind+org+id))))
			}
		}
	}
	for _, kind := range []string{"lease", "key", "leases", "lea"} {
		for _, scope := range scopes {
			s.expectList(t, audit.EntryQuery{Kind: kind, Scope: scope}, entries)
		}
	}
}
