package elastic

import (
	"fmt"
	"slices"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

// More partitions than can be named in one request.
func TestTheFeedOfManyPartitions(t *testing.T) {
	t.Parallel()
	options := dailyOptions(t)
	options.Shards = 1
	s := open(t, options)
	var all []*audit.Record
	var want []string
	for day := range maxNamedIndices + 5 {
		records, ids := daily(t, fmt.Sprint("day-", day), day, 1)
		all, want = append(all, records...), append(want, ids...)
	}
	statuses(t, s, all...)
	for _, limit := range []int{3, 100} {
		got, _ := drain(t, open(t, options), "", limit)
		expectIDs(t, fmt.Sprintf("by %d", limit), got, want...)
	}
}

func TestADroppedPartitionIsForgottenAndOneMadeAnewIsRead(t *testing.T) {
	t.Parallel()
	s := open(t, dailyOptions(t))
	old, oldIDs := daily(t, "old", 5, 8)
	kept, keptIDs := daily(t, "kept", 0, 8)
	statuses(t, s, append(old, kept...)...)
	all, end := drain(t, s, "", 5)
	expectIDs(t, "before it was dropped", all, append(oldIDs, keptIDs...)...)
	half := since(t, s, "", 4)

	dropPartition(t, s, s.partitionOf(old[0].Time))
	if batch := since(t, s, end, 5); len(batch.Records) != 0 || batch.Next != end {
		t.Errorf("at the end of a feed whose partition was dropped: %d records, %s → %s", len(batch.Records), end, batch.Next)
	}
	rest, _ := drain(t, s, half.Next, 5)
	if slices.ContainsFunc(rest, func(id string) bool { return slices.Contains(oldIDs, id) }) {
		t.Errorf("records of a dropped partition were given: %v", rest)
	}
	anew, anewIDs := daily(t, "anew", 5, 8)
	statuses(t, s, anew...)
	got, newEnd := drain(t, s, end, 5)
	expectIDs(t, "of the partition made anew", got, anewIDs...)
	if len(newEnd) > len(end) {
		t.Errorf("the position has grown from %d to %d bytes, with as many shards as before", len(end), len(newEnd))
	}
}

// Wherever in a partition a reader is when it is made anew, once and again, it
// gets each record once; so does one that begins afterwards.
func TestAPartitionMadeAnewIsReadWhereItWas(t *testing.T) {
	t.Parallel()
	options := dailyOptions(t)
	s := open(t, options)
	makeOlder(t, s)
	var want []string
	write := func(name string) {
		records, ids := daily(t, name, 0, 20)
		statuses(t, s, records...)
		want = append(want, ids...)
	}
	reader := func(read int) *follower { // that has read some records
		f := &follower{store: s, given: map[string]int{}}
		for n := 0; n < read; {
			got, err := f.read(t.Context(), 3)
			if err != nil || got == 0 {
				t.Fatalf("read %d records, %v", n, err)
			}
			n += got
		}
		return f
	}
	write("old")
	readers := []*follower{reader(0), reader(7), reader(20)}
	for _, round := range []string{"once", "twice"} {
		rebuild(t, s)
		write(round)
		readers = append(readers, reader(0), reader(25), reader(len(want)))
	}
	readers[0].store = open(t, options) // one that knows nothing of before
	for i, f := range readers {
		for n := 1; n > 0; {
			var err error
			if n, err = f.read(t.Context(), 4); err != nil {
				t.Fatal(err)
			}
		}
		for _, id := range want {
			if f.given[id] != 1 {
				t.Errorf("reader %d got %s %d times", i, id, f.given[id])
			}
		}
	}
}

// rebuild makes the partition of the test's time anew, whatever its version.
func rebuild(t *testing.T, s *Store) {
	t.Helper()
	versions, err := s.partitionVersions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for index := range versions {
		if stretch, _ := s.names.stretchOf(index); stretch != overflow {
			r := &rebuilding{store: s, source: index, stretch: stretch}
			if err := r.run(t.Context()); err != nil {
				t.Fatalf("make %s anew: %v", index, err)
			}
		}
	}
}
