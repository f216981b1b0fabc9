package flow_test

import (
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/sqlite"
)

// store is what flows are made from.
type store interface {
	audit.Searcher
	audit.Looker
}

// storeOf returns a store that holds the records.
func storeOf(t *testing.T, records []*audit.Record) store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if len(records) == 0 {
		return s
	}
	outcomes, err := s.Append(t.Context(), records)
	if err != nil {
		t.Fatal(err)
	}
	for i, outcome := range outcomes {
		if outcome.Status != audit.Accepted {
			t.Fatalf("record %s: %s", records[i].UniqueID, outcome.Reason)
		}
	}
	return s
}
