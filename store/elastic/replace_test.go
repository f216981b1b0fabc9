package elastic

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/storetest"
)

func TestALaterVersionStaysWhereTheRowIs(t *testing.T) {
	t.Parallel()
	s := open(t, rowOptions(t))
	first := row("f", testTime, "UNDECIDED")
	replace(t, s, audit.Replacement{Row: first})
	was := versionsOf(t, s)
	earlier := row("f", testTime.AddDate(0, 0, -20), "DENIED")
	replace(t, s, audit.Replacement{Row: earlier, Was: was["f"]})
	now := versionsOf(t, s)
	expectRows(t, s, earlier)
	expectEqual(t, "its partition", nil, partitionsOf(now), partitionsOf(was))
	requireConflict(t, "replace the version before", s.Replace(t.Context(), []audit.Replacement{{Row: first, Was: was["f"]}}))
	replace(t, s, audit.Replacement{Row: earlier, Was: now["f"], Remove: true})
	expectRows(t, s)
}

// Two builders may make the same row at the same moment, with times in two partitions.
func TestARowThatIsInTwoPartitionsIsFoundTwice(t *testing.T) {
	t.Parallel()
	s := open(t, rowOptions(t))
	one, other := row("f", testTime, "UNDECIDED"), row("f", testTime.AddDate(0, 0, -20), "DENIED")
	replace(t, s, audit.Replacement{Row: one})
	replace(t, s, audit.Replacement{Row: other})
	pages, err := s.Lookup(t.Context(), audit.Lookup{Scope: audit.AllOrgs(), Field: query.FlowID,
		Keys: []audit.LookupKey{{Org: "o", Value: "f"}}, Window: audit.Window{Limit: 5}})
	if err != nil || len(pages[0].Hits) != 2 {
		t.Fatalf("the look-up gives %v, %v", pages, err)
	}
	replace(t, s, audit.Replacement{Row: other, Was: pages[0].Hits[1].Record.Version, Remove: true})
	expectRows(t, s, one)
}

func TestOfARowWhosePartitionWasDroppedNoVersionIsLeft(t *testing.T) {
	t.Parallel()
	options := rowOptions(t)
	var later atomic.Int64 // how many days
	options.Partition, options.Retention = Day, 10*24*time.Hour
	options.now = func() time.Time { return testTime.AddDate(0, 0, int(later.Load())) }
	s := open(t, options)
	old, young := row("old", testTime.AddDate(0, 0, -9), "UNDECIDED"), row("young", testTime, "UNDECIDED")
	replace(t, s, audit.Replacement{Row: old}, audit.Replacement{Row: young})
	was := versionsOf(t, s)
	later.Store(5)
	if err := s.dropExpired(t.Context()); err != nil {
		t.Fatal(err)
	}
	expectRows(t, s, young)
	closed := row("old", old.Time, "DENIED")
	for _, remove := range []bool{false, true} {
		requireConflict(t, "change what was dropped", s.Replace(t.Context(), []audit.Replacement{{Row: closed, Was: was["old"], Remove: remove}}))
	}
	versions, err := s.partitionVersions(t.Context())
	if _, there := versions[s.names.partition("d2026.02.20")]; err != nil || there {
		t.Errorf("the partitions are %v, %v", versions, err)
	}
}

// Whoever meets a conflict and reads again has to read what there is, at once.
func TestAfterAConflictTheRowsAreReadAsTheyAre(t *testing.T) {
	t.Parallel()
	s := open(t, rowOptions(t))
	all := rows("r", 2)
	replace(t, s, changesTo(all, nil)...)
	was := versionsOf(t, s)
	denied := row(all[1].UniqueID, all[1].Time, "DENIED")
	// One that is written and not refreshed yet, as by a process that waits for its refresh.
	do, _ := s.actionFor(audit.Replacement{Row: denied, Was: was[denied.UniqueID]})
	unseen := bulk{format: s.format}
	unseen.add(0, do, denied, origin{})
	if err := s.sendBulk(t.Context(), &unseen, func(bulkItem, audit.Outcome) {}); err != nil {
		t.Fatal(err)
	}
	changes := []audit.Replacement{
		{Row: row(all[0].UniqueID, all[0].Time, "FAILED"), Was: was[all[0].UniqueID]},
		{Row: row(all[1].UniqueID, all[1].Time, "FAILED"), Was: was[all[1].UniqueID]},
	}
	requireConflict(t, "replace what another has replaced", s.Replace(t.Context(), changes))
	expectRows(t, s, changes[0].Row, denied)
}

func TestAStoreHoldsRowsOfOneFormat(t *testing.T) {
	t.Parallel()
	ofRows := rowOptions(t)
	ofEvents := ofRows
	ofEvents.Format = audit.Format{}
	s := open(t, ofRows)
	refuse := func(options Options, want string) {
		t.Helper()
		again, err := Open(context.Background(), options)
		if again != nil || err == nil || !strings.Contains(err.Error(), want) || audit.AsError(err).Code != audit.BadUserInput {
			t.Errorf("opened with another format: %v, want an error with %q", err, want)
		}
	}
	refuse(ofEvents, "holds rows of the kind flow, and is to hold events: choose another prefix")
	replace(t, s, audit.Replacement{Row: row("f", testTime, "DENIED")})
	expectRows(t, open(t, ofRows), row("f", testTime, "DENIED"))

	beside := testOptions(t)
	open(t, beside)
	beside.Format = storetest.FlowFormat()
	refuse(beside, "holds events, and is to hold rows of the kind flow: choose another prefix")
}

// The flows of a store lie under its prefix with "-flows" after it.
func TestFlowsLieBesideTheEvents(t *testing.T) {
	t.Parallel()
	options := testOptions(t)
	options.now = func() time.Time { return testTime }
	events := open(t, options)
	options.Format, options.IndexPrefix = storetest.FlowFormat(), options.IndexPrefix+"-flows"
	flows := open(t, options)
	r := event(t, "o", "e", testTime, "")
	statuses(t, events, r)
	replace(t, flows, audit.Replacement{Row: row("f", testTime, "DENIED")})
	expectHeld(t, events, r)
	expectRows(t, flows, row("f", testTime, "DENIED"))
	rebuild(t, flows)
	rebuild(t, events)
	expectHeld(t, events, r)
	expectRows(t, flows, row("f", testTime, "DENIED"))
	for _, s := range []*Store{events, flows} {
		if count, err := readFeed(t.Context(), s); err != nil || count != 1 {
			t.Errorf("the feed has %d records, %v", count, err)
		}
		if err := s.Ready(t.Context()); err != nil {
			t.Error(err)
		}
	}
	page, err := events.Search(t.Context(), audit.Query{Scope: audit.AllOrgs(), Kinds: []audit.Kind{audit.KindFlow},
		Where: query.Exact{Field: query.FlowOutcome, Values: []string{"DENIED"}}, Order: audit.Order{Field: audit.ByDuration}, Window: audit.Window{Limit: 5}})
	if err != nil || len(page.Hits) > 0 {
		t.Errorf("of events, %d are found that are flows, %v", len(page.Hits), err)
	}
}

func TestNoNameOfAStoreMeetsOneOfItsFlows(t *testing.T) {
	t.Parallel()
	all := func(prefix string) (indices, patterns []string) {
		n := names{prefix}
		made := n.rebuilt("w2026.03.02") + "-v1-0123456789abcdef"
		itself, _ := n.itself(made)
		first, _ := n.itself(n.partition("w2026.03.02"))
		return []string{n.records(), n.partition("w2026.03.02"), n.partition(overflow), n.writers("w2026.03.02"), n.copier("w2026.03.02"),
			made, itself, first, n.registry(), n.registryIndex()}, []string{n.partition("*"), n.rebuilt("*")}
	}
	for _, prefix := range []string{"authtrail", "x", "x-flows", "records", "a-records", "flows"} {
		indices, patterns := all(prefix)
		flowIndices, flowPatterns := all(prefix + "-flows")
		for _, one := range indices {
			for _, other := range flowIndices {
				if one == other {
					t.Errorf("%q is a name of both", one)
				}
			}
		}
		for _, matched := range []struct{ patterns, names []string }{{patterns, flowIndices}, {flowPatterns, indices}} {
			for _, pattern := range matched.patterns {
				for _, name := range matched.names {
					if strings.HasPrefix(name, strings.TrimSuffix(pattern, "*")) {
						t.Errorf("%q matches %q of the other", pattern, name)
					}
				}
			}
		}
	}
}

func TestVersionsOfRowsAreReadBack(t *testing.T) {
	t.Parallel()
	want := spot{"x.y-records-w2026.03.02", 12, 3}
	if got, ok := parseRowVersion(want.version()); !ok || got != want {
		t.Errorf("%q is read as %+v, %v", want.version(), got, ok)
	}
	for _, version := range []audit.Version{"", "1", "1.2", "1.2.", "x.2.i", "1.0.i", "-1.2.i", "01.2.i", "nonsense"} {
		if got, ok := parseRowVersion(version); ok {
			t.Errorf("%q is read as %+v", version, got)
		}
	}
}
