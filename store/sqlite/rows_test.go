package sqlite

import (
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/storetest"
)

func TestRowsConform(t *testing.T) {
	t.Parallel()
	storetest.RunFlows(t, func(t testing.TB) audit.FlowStore { return openRows(t, t.TempDir()) })
}

func TestRowsAreTheSameAfterReopening(t *testing.T) {
	t.Parallel()
	storetest.RunFlowReopen(t, func(t testing.TB, dir string) audit.FlowStore { return openRows(t, dir) })
}

// openRows opens a store of the suite's rows that change.
func openRows(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Dir: dir, Format: storetest.FlowFormat()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}
