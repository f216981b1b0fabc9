package sqlite

import (
	"fmt"
	"testing"
	"time"
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
	rows := func() (n int) {
		if err := s.reading.QueryRowContext(t.Context(), "SELECT count(*) FROM fts_data").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for deadline := time.Now().Add(20 * time.Second); rows() > batches/2; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the index still has %d rows", rows())
		}
	}
	if found := search(t, s, everything500()); len(found) != batches {
		t.Errorf("found %d of %d records", len(found), batches)
	}
	dir := s.dir
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	checkIntegrity(t, dir)
}
