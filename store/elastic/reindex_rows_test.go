package elastic

import (
	"slices"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

// startRebuilding makes the partition of the test's time anew, up to its last pass.
func startRebuilding(t testing.TB, s *Store) *rebuilding {
	t.Helper()
	versions, err := s.partitionVersions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for index := range versions {
		if stretch, _ := s.names.stretchOf(index); stretch != overflow {
			r := &rebuilding{store: s, source: index, stretch: stretch}
			if err := r.prepare(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := r.pass(t.Context(), false); err != nil {
				t.Fatal(err)
			}
			return r
		}
	}
	t.Fatal("there is no partition")
	return nil
}

// What changes while its partition is made anew is as it was changed afterwards,
// and every reader of the feed gets it, wherever it was.
func TestRowsThatChangeWhileTheirPartitionIsMadeAnew(t *testing.T) {
	t.Parallel()
	options := rowOptions(t)
	options.Shards = 2
	s := open(t, options)
	all := rows("r", 60)
	replace(t, s, changesTo(all, nil)...)
	_, end := drain(t, s, "", 7)
	half := since(t, s, "", 30)
	first := versionsOf(t, s)
	r := startRebuilding(t, s)

	var changes []audit.Replacement
	left, changed := slices.Clone(all), []string{}
	for i := range 20 { // ten are replaced, and ten removed
		change := audit.Replacement{Row: row(all[i].UniqueID, all[i].Time, "DENIED"), Was: first[all[i].UniqueID], Remove: i%2 == 0}
		changes = append(changes, change)
		left = slices.DeleteFunc(left, func(r *audit.Record) bool { return r.UniqueID == change.Row.UniqueID })
		if !change.Remove {
			left, changed = append(left, change.Row), append(changed, change.Row.UniqueID)
		}
	}
	replace(t, s, changes...)
	if err := r.replace(t.Context()); err != nil {
		t.Fatalf("make the partition anew: %v", err)
	}
	expectRows(t, s, left...)
	got, _ := drain(t, s, end, 7)
	expectIDs(t, "a reader that was at the end gets", got, changed...)
	got, _ = drain(t, open(t, options), "", 7)
	expectIDs(t, "one that begins gets", got, idsOf(left)...)
	got, last := drain(t, s, half.Next, 7)
	read := slices.DeleteFunc(idsOf(half.Records), func(id string) bool { return slices.Contains(changed, id) })
	expectIDs(t, "one that was in the middle gets", got, slices.DeleteFunc(idsOf(left), func(id string) bool { return slices.Contains(read, id) })...)

	// Copies are replaced and removed like any others, and leave the stream that they were in.
	now := versionsOf(t, s)
	again := row(all[30].UniqueID, all[30].Time, "FAILED")
	replace(t, s, audit.Replacement{Row: again, Was: now[again.UniqueID]}, audit.Replacement{Row: all[31], Was: now[all[31].UniqueID], Remove: true})
	got, _ = drain(t, s, last, 7)
	expectIDs(t, "after a copy was replaced", got, again.UniqueID)
	got, _ = drain(t, open(t, options), "", 7)
	expectIDs(t, "from the beginning", got, slices.DeleteFunc(idsOf(left), func(id string) bool { return id == all[31].UniqueID })...)
}

func idsOf(rows []*audit.Record) (ids []string) {
	for _, r := range rows {
		ids = append(ids, r.UniqueID)
	}
	return ids
}

// Copies are numbered anew, so that a copy can have the number that a former
// version of its row had; the old index's name leads to them.
func TestNoVersionOfAnOldPartitionIsTakenForOneOfTheNew(t *testing.T) {
	t.Parallel()
	s := open(t, rowOptions(t))
	all := rows("r", 2)
	replace(t, s, changesTo(all[:1], nil)...)
	former := versionsOf(t, s)
	for _, outcome := range []string{"FAILED", "DENIED"} {
		replace(t, s, audit.Replacement{Row: row(all[0].UniqueID, all[0].Time, outcome), Was: versionsOf(t, s)[all[0].UniqueID]})
	}
	last := versionsOf(t, s)
	rebuild(t, s)
	was, _ := parseRowVersion(former[all[0].UniqueID])
	is, _ := parseRowVersion(versionsOf(t, s)[all[0].UniqueID])
	if was.SeqNo != is.SeqNo || was.PrimaryTerm != is.PrimaryTerm || was.Index == is.Index {
		t.Fatalf("the version was %+v at first and is %+v, so that this test shows nothing", was, is)
	}
	for name, versions := range map[string]map[string]audit.Version{"first": former, "last": last} {
		for _, remove := range []bool{false, true} {
			change := audit.Replacement{Row: row(all[0].UniqueID, all[0].Time, "SUCCEEDED"), Was: versions[all[0].UniqueID], Remove: remove}
			requireConflict(t, "change the "+name+" version of the old partition", s.Replace(t.Context(), []audit.Replacement{change}))
		}
	}
	expectRows(t, s, row(all[0].UniqueID, all[0].Time, "DENIED"))
	replace(t, s, audit.Replacement{Row: all[0], Was: versionsOf(t, s)[all[0].UniqueID]}, audit.Replacement{Row: all[1]})
	rebuild(t, s) // an index that was made anew, made anew
	replace(t, s, changesTo(all, versionsOf(t, s))...)
	expectRows(t, s, all...)
}
