package builder_test

import (
	"database/sql"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/sqlite"
)

func TestFlowsAreBuiltBesideADamagedRecord(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t), t.TempDir()
	w.events = w.openEvents(dir)
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	w.append(record(t, "first", at, "request_id=shared"), record(t, "second", at.Add(time.Second), "request_id=shared"))
	building, stop := w.run(w.options())
	w.catchUp(building)
	stop()
	if err := w.events.Close(); err != nil {
		t.Fatal(err)
	}
	damage(t, dir, "first")
	w.events = w.openEvents(dir)
	w.append(record(t, "third", at.Add(2*time.Second), "request_id=shared"), record(t, "other", at, "org_id=another", "request_id=another"))
	building, stop = w.run(w.options())
	defer stop()
	w.catchUp(building)
	for _, id := range []string{"second", "third", "other"} {
		if !slices.ContainsFunc(w.rows(), rowWith(id)) {
			t.Errorf("%s is in no flow", id)
		}
	}
	if said := w.log.String(); strings.Count(said, "login flows are built without it") != 1 || !strings.Contains(said, "unique_id=first") {
		t.Errorf("the log says %s", said)
	}
}

// rowWith finds the row of the flow that has a record.
func rowWith(id string) func(*audit.Record) bool {
	return func(row *audit.Record) bool { return slices.Contains(row.Values(query.FlowRecordID), id) }
}

func (w *world) openEvents(dir string) *sqlite.Store {
	w.tb.Helper()
	events, err := sqlite.Open(w.tb.Context(), sqlite.Options{Dir: dir, Logger: slog.New(slog.NewTextHandler(w.log, nil))})
	if err != nil {
		w.tb.Fatal(err)
	}
	w.tb.Cleanup(func() { _ = events.Close() })
	return events
}

// damage makes what a closed store keeps of an event unreadable.
func damage(t *testing.T, dir, id string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "authtrail.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	result, err := db.ExecContext(t.Context(), "UPDATE record SET body = x'ff' WHERE uid = ?", id)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		t.Fatalf("%d records were damaged, %v", n, err)
	}
}
