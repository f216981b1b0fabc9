package sqlite

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// open opens a store in a folder of its own.
func open(t testing.TB) *Store {
	t.Helper()
	return openIn(t, t.TempDir())
}

func openIn(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Dir: dir})
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

// event decodes an event with some members, written as JSON without braces.
func event(t testing.TB, id string, at time.Time, members string) *audit.Record {
	t.Helper()
	if members != "" {
		members = "," + members
	}
	raw := fmt.Sprintf(`{"unique_id":%q,"create_time":%q,"event":{"time":%q%s}}`,
		id, at.Format(time.RFC3339Nano), at.Format(time.RFC3339Nano), members)
	record, err := audit.DecodeEvent(json.RawMessage(raw), "")
	if err != nil {
		t.Fatal(err)
	}
	return record
}

// add appends records and requires that all are new.
func add(t testing.TB, s *Store, records ...*audit.Record) {
	t.Helper()
	outcomes, err := s.Append(t.Context(), records)
	if err != nil {
		t.Fatal(err)
	}
	for i, outcome := range outcomes {
		if outcome.Status != audit.Accepted {
			t.Fatalf("record %s: %+v", records[i].UniqueID, outcome)
		}
	}
}

// search returns the unique_ids of a page.
func search(t testing.TB, s *Store, q audit.Query) []string {
	t.Helper()
	page, err := s.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return ids(page.Records())
}

func ids(records []*audit.Record) []string {
	found := make([]string, len(records))
	for i, record := range records {
		found[i] = record.UniqueID
	}
	return found
}

func everything500() audit.Query {
	return audit.Query{Scope: audit.AllOrgs(), Window: audit.Window{Limit: audit.MaxPageSize}}
}
