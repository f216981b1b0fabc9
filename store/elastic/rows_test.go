package elastic

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/storetest"
)

// rowOptions are those of a store of rows of the test's own.
func rowOptions(t testing.TB) Options {
	t.Helper()
	options := testOptions(t)
	options.Format = storetest.FlowFormat()
	options.now = func() time.Time { return testTime }
	return options
}

// row is a state of a login flow of org "o", with a word of its own.
func row(id string, at time.Time, outcome string) *audit.Record {
	head, _ := json.Marshal(map[query.Field][]string{
		query.FlowID: {id}, query.FlowOutcome: {outcome}, query.FlowRecordID: {id + "-1", id + "-2"}, query.UniqueID: {id},
		query.FlowDurationMS: {"1500"}, query.FlowEndedAt: {fmt.Sprint(at.Add(1500 * time.Millisecond).UnixNano())},
	})
	rest, _ := json.Marshal(map[string][][2]string{"Said": {{"note", "it was " + outcome}}})
	return storetest.FlowFormat().Restore(audit.Stored{Kind: audit.KindFlow, Org: "o", UniqueID: id, Time: at,
		Raw: string(head) + "\n" + string(rest) + "\n"})
}

// rows are n new rows, a minute apart.
func rows(name string, n int) (all []*audit.Record) {
	for i := range n {
		all = append(all, row(fmt.Sprintf("%s-%03d", name, i), testTime.Add(-time.Duration(i)*time.Minute), "UNDECIDED"))
	}
	return all
}

func changesTo(rows []*audit.Record, was map[string]audit.Version) (changes []audit.Replacement) {
	for _, r := range rows {
		changes = append(changes, audit.Replacement{Row: r, Was: was[r.UniqueID]})
	}
	return changes
}

// replace makes changes that must be possible.
func replace(t testing.TB, s *Store, changes ...audit.Replacement) {
	t.Helper()
	for some := range slices.Chunk(changes, audit.MaxPageSize) {
		if err := s.Replace(t.Context(), some); err != nil {
			t.Fatalf("replace %d rows: %v", len(some), err)
		}
	}
}

func requireConflict(t testing.TB, what string, err error) {
	t.Helper()
	var refused *audit.Error
	if !errors.As(err, &refused) || refused.Code != audit.Conflict {
		t.Fatalf("%s: %v, want a conflict", what, err)
	}
}

// heldRows returns all rows, newest first.
func heldRows(t testing.TB, s *Store) (all []*audit.Record) {
	t.Helper()
	q := audit.Query{Scope: audit.AllOrgs(), Window: audit.Window{Limit: audit.MaxPageSize}}
	for {
		page, err := s.Search(t.Context(), q)
		if err != nil {
			t.Fatalf("search: %v", err)
		}
		if all = append(all, page.Records()...); !page.HasNext {
			return all
		}
		q.Window.After = new(q.CursorAt(page.Hits[len(page.Hits)-1]))
	}
}

func versionsOf(t testing.TB, s *Store) map[string]audit.Version {
	t.Helper()
	versions := map[string]audit.Version{}
	for _, r := range heldRows(t, s) {
		versions[r.UniqueID] = r.Version
	}
	return versions
}

// expectRows checks that the store holds exactly these rows, as they are.
func expectRows(t testing.TB, s *Store, want ...*audit.Record) {
	t.Helper()
	expectEqual(t, "the rows", nil, storedOf(heldRows(t, s)), storedOf(want))
}

func storedOf(rows []*audit.Record) map[string]audit.Stored {
	stored := map[string]audit.Stored{}
	for _, r := range rows {
		stored[r.UniqueID] = r.Stored()
	}
	return stored
}

// partitionsOf are the indices that versions name.
func partitionsOf(versions map[string]audit.Version) map[string]string {
	indices := map[string]string{}
	for id, version := range versions {
		at, _ := parseRowVersion(version)
		indices[id] = at.Index
	}
	return indices
}
