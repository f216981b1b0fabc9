package sqlite

import (
	"fmt"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/storetest"
)

// A segment of the index has a row or more in fts_data, beside two that the
// index always has.
func TestTheIndexIsTidiedWhenNothingComes(t *testing.T) {
	t.Parallel()
	s := open(t)
	const batches = 14 // fewer than the index merges by itself
	for i := range batches {
		add(t, s, event(t, fmt.Sprintf("t-%d", i), noon.Add(time.Duration(i)*time.Second), `"note":"tidy"`))
	}
	waitUntilTidy(t, s, batches/2)
	if found := search(t, s, everything500()); len(found) != batches {
		t.Errorf("found %d of %d records", len(found), batches)
	}
	dir := s.dir
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	checkIntegrity(t, dir)
}

// waitUntilTidy waits until the index has few rows in fts_data.
func waitUntilTidy(t *testing.T, s *Store, few int) {
	t.Helper()
	rows := func() (n int) {
		if err := s.reading.QueryRowContext(t.Context(), "SELECT count(*) FROM fts_data").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for deadline := time.Now().Add(20 * time.Second); rows() > few; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the index still has %d rows", rows())
		}
	}
}

func TestTheIndexOfRowsIsTidiedWhenNothingComes(t *testing.T) {
	t.Parallel()
	s := openRows(t, t.TempDir())
	const calls = 14
	rows := storetest.Flows(1, calls)
	for _, pause := range []time.Duration{0, 2 * idleBeforeTidying} { // after which the first tidying is over
		time.Sleep(pause)
		page, err := s.Since(t.Context(), "", calls)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			change := audit.Replacement{Row: row}
			if len(page.Records) > 0 {
				change.Was = page.Records[i].Version
			}
			replace(t, s, change)
		}
		waitUntilTidy(t, s, calls/2)
	}
	if found := search(t, s, everything500()); len(found) != calls {
		t.Errorf("found %d of %d rows", len(found), calls)
	}
}
