package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func replaceGroup() group {
	return group{name: "replace", checks: []check{
		{"rows are made, replaced and removed", checkReplace},
		{"compare and set", checkReplaceVersions},
		{"a conflict among other changes", checkConflictAmongOthers},
		{"of many who replace, one does", checkOneReplaces},
		{"versions of rows never repeat", checkRowVersionsNeverRepeat},
		{"changes that are refused", checkRefusedChanges},
		{"a row with much to say", checkLargeRow},
	}}
}

// logins are n rows of two orgs, a minute apart.
func logins(n int) []*audit.Record {
	var rows []*audit.Record
	for i := range n {
		rows = append(rows, login(i, "UNDECIDED", 0).record())
	}
	return rows
}

// login is a state of the i-th of the logins; each revision has words and values of its own.
func login(i int, outcome string, revision int) flowRow {
	stages := []string{"Request", "Token", fmt.Sprintf("Stage %d", revision)}[revision%2:]
	row := flow([]string{"org-a", "org-b"}[i%2], fmt.Sprintf("login-%d", i), epoch.Add(time.Duration(i)*time.Minute), time.Duration(revision)*time.Second,
		map[query.Field][]string{query.FlowOutcome: {outcome}, query.FlowStage: stages, query.RequestID: {fmt.Sprintf("req-%d", i)},
			query.Result: {"Success", fmt.Sprintf("r-%d", revision)}, query.FlowRecordID: {fmt.Sprintf("rec-%d", i), fmt.Sprintf("rec-%d-%d", i, revision)}})
	return row.saying(fmt.Sprintf("state%d of everything", revision))
}

func checkReplace(t testing.TB, s *subject) {
	s.fill(t, logins(40))
	s.expectRows(t)
	for revision := 1; revision <= 3; revision++ {
		versions := s.versions(t)
		var changes []audit.Replacement
		for i := revision; i < 40; i += 3 {
			row := login(i, outcomes[revision], revision)
			if i%4 == 0 { // it began earlier than was known, in another hour
				row.at = row.at.Add(-time.Duration(revision) * 90 * time.Minute)
			}
			r := row.record()
			changes = append(changes, audit.Replacement{Row: r, Was: versions[r.Key()], Remove: i%9 == 5 && versions[r.Key()] != ""})
		}
		s.replace(t, changes...)
		s.expectRows(t)
		for past := range revision + 1 {
			checkFlowNodes(t, s, query.Words{Tokens: []string{fmt.Sprintf("state%d", past)}}, exact(query.Result, fmt.Sprintf("r-%d", past)),
				exact(query.FlowStage, fmt.Sprintf("Stage %d", past)), exact(query.FlowOutcome, outcomes[past]))
		}
	}
}

// expectState checks that the store has the row as it is given, and returns its version.
func (s *subject) expectState(t testing.TB, want *audit.Record) audit.Version {
	t.Helper()
	got := s.held(t, want.Key())
	if got == nil {
		t.Fatalf("there is no row %v", want.Key())
	}
	if err := sameRecord(got, want); err != nil {
		t.Fatal(err)
	}
	if got.Version == "" {
		t.Fatalf("a row was returned without its version: %s", describe(got))
	}
	return got.Version
}

func checkReplaceVersions(t testing.TB, s *subject) {
	first, second, third := login(0, "UNDECIDED", 0).record(), login(0, "DENIED", 1).record(), login(0, "SUCCEEDED", 2).record()
	refuse := func(what string, change audit.Replacement) {
		t.Helper()
		expectCode(t, what, s.rows().Replace(context.Background(), []audit.Replacement{change}), audit.Conflict)
	}
	s.replace(t, audit.Replacement{Row: first})
	old := s.expectState(t, first)
	refuse("make what there is", audit.Replacement{Row: second})
	refuse("remove what is thought not to be", audit.Replacement{Row: second, Remove: true})
	s.replace(t, audit.Replacement{Row: second, Was: old})
	version := s.expectState(t, second)
	if version == old {
		t.Errorf("the version %q has not changed with the row", version)
	}
	refuse("replace an old version", audit.Replacement{Row: third, Was: old})
	refuse("remove an old version", audit.Replacement{Row: third, Was: old, Remove: true})
	refuse("replace a version that never was", audit.Replacement{Row: third, Was: "nonsense"})
	if now := s.expectState(t, second); now != version {
		t.Errorf("the version was %q and is %q, after nothing but refusals", version, now)
	}
	s.replace(t, audit.Replacement{Row: third, Was: version, Remove: true})
	if s.held(t, first.Key()) != nil {
		t.Error("the row that was removed is still there")
	}
	refuse("replace what was removed", audit.Replacement{Row: third, Was: version})
	refuse("remove what was removed", audit.Replacement{Row: third, Was: version, Remove: true})
	s.expectRows(t)
}

func checkConflictAmongOthers(t testing.TB, s *subject) {
	rows := logins(10)
	s.fill(t, rows)
	versions := s.versions(t)
	var changes []audit.Replacement
	for i, row := range rows {
		changes = append(changes, audit.Replacement{Row: login(i, "DENIED", 1).record(), Was: versions[row.Key()]})
	}
	changes[4].Was = versions[rows[5].Key()] // that of another row
	expectCode(t, "replace ten rows, of which one has changed", s.rows().Replace(context.Background(), changes), audit.Conflict)
	s.expectState(t, rows[4])
	for i, row := range rows { // each of the others is as it was, or as it should be
		got := s.held(t, row.Key())
		if got == nil || sameRecord(got, row) != nil && sameRecord(got, changes[i].Row) != nil {
			t.Fatalf("after the conflict the row %d is neither old nor new: %s", i, describe(got))
		}
	}
}

func checkOneReplaces(t testing.TB, s *subject) {
	s.replace(t, audit.Replacement{Row: login(0, "UNDECIDED", 0).record()})
	const rounds, rivals = 5, 6
	for round := range rounds {
		was := s.held(t, login(0, "", 0).record().Key()).Version
		var won atomic.Int64
		var group sync.WaitGroup
		for rival := range rivals {
			group.Go(func() {
				row := login(0, "DENIED", 1+round*rivals+rival).record()
				err := s.rows().Replace(context.Background(), []audit.Replacement{{Row: row, Was: was}})
				var refused *audit.Error
				switch {
				case err == nil:
					won.Add(1)
				case !errors.As(err, &refused) || refused.Code != audit.Conflict:
					t.Errorf("replace at the same time as others: %v", err)
				}
			})
		}
		group.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d of %d replaced the same version", won.Load(), rivals)
		}
	}
}

func checkRowVersionsNeverRepeat(t testing.TB, s *subject) {
	row := login(0, "UNDECIDED", 0).record()
	given := map[audit.Version]bool{}
	for range 4 {
		s.replace(t, audit.Replacement{Row: row})
		version := s.expectState(t, row)
		if given[version] {
			t.Fatalf("the version %q was given again to a row that was removed and made anew", version)
		}
		given[version] = true
		s.replace(t, audit.Replacement{Row: row, Was: version, Remove: true})
	}
}

func checkRefusedChanges(t testing.TB, s *subject) {
	s.fill(t, logins(2))
	change := func(i int) audit.Replacement { return audit.Replacement{Row: login(i, "DENIED", 1).record()} }
	many := make([]audit.Replacement, audit.MaxReplacements+1)
	for i := range many {
		many[i] = change(10 + i)
	}
	large := login(3, "DENIED", 1).saying(strings.Repeat("x", FlowFormat().MaxBytes)).record()
	for name, changes := range map[string][]audit.Replacement{
		"too many at once":     many,
		"a row twice":          {change(5), change(6), change(5)},
		"a row over its limit": {change(5), {Row: large}},
		"no row":               {change(5), {}},
	} {
		if err := s.rows().Replace(context.Background(), changes); err == nil {
			t.Errorf("%s: no error", name)
		} else if code := audit.AsError(err).Code; code != audit.BadUserInput && code != audit.Internal {
			t.Errorf("%s: %s (%v), want it refused as wrong", name, code, err)
		}
	}
	if err := s.rows().Replace(context.Background(), nil); err != nil {
		t.Errorf("replace nothing: %v", err)
	}
	s.expectRows(t)
}

func checkLargeRow(t testing.TB, s *subject) {
	row := login(0, "DENIED", 1).saying(strings.Repeat("many words ", 60_000)).saying("diesel")
	for i := range 1_000 {
		row.fields[query.FlowRecordID] = append(row.fields[query.FlowRecordID], fmt.Sprintf("record-%d", i))
	}
	s.replace(t, audit.Replacement{Row: row.record()})
	s.expectState(t, row.record())
	checkFlowNodes(t, s, query.Words{Tokens: []string{"diesel"}}, query.Words{Tokens: []string{"words", "many"}}, exact(query.FlowRecordID, "record-999"))
	s.expectRows(t)
}
