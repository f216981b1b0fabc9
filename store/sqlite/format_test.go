package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/storetest"
)

func TestADatabaseHasRowsOfOneFormat(t *testing.T) {
	t.Parallel()
	rows := storetest.FlowFormat()
	byNothing := rows
	byNothing.Numbers = nil
	for name, c := range map[string]struct{ made, opened audit.Format }{
		"events as rows":             {audit.Format{}, rows},
		"rows as events":             {rows, audit.Format{}},
		"rows of other numbers":      {rows, byNothing},
		"rows of numbers it has not": {byNothing, rows},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			openAs(t, dir, c.made)
			_, err := Open(t.Context(), Options{Dir: dir, Format: c.opened})
			if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "format") {
				t.Errorf("got %v", err)
			}
			openAs(t, dir, c.made)
		})
	}
	dir := t.TempDir()
	openAs(t, dir, audit.Format{})
	openAs(t, dir, audit.Events())
}

// openAs opens and closes a folder.
func openAs(t *testing.T, dir string, format audit.Format) {
	t.Helper()
	s, err := Open(t.Context(), Options{Dir: dir, Format: format})
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestADatabaseOfVersion2IsStillRead makes a database as version 2 was, in which
// nothing said what its rows are.
// As when the process was killed while it made the database: what is left is no
// database of something else.
func TestADatabaseThatWasNotMadeToTheEndIsMadeAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broken := storetest.FlowFormat()
	broken.Numbers = []query.Field{"a\nname that ends the comment it is in"}
	if s, err := Open(t.Context(), Options{Dir: dir, Format: broken}); err == nil {
		t.Fatalf("it was made: %v", s.Close())
	}
	replace(t, openRows(t, dir), audit.Replacement{Row: storetest.Flows(1, 1)[0]})
}

func TestADatabaseOfVersion2IsStillRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	add(t, s, event(t, "old", noon, `"org_id":"o1","event_name":"Token"`))
	position, err := s.End(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	alter(t, dir, "DELETE FROM meta WHERE key = 'format'; PRAGMA user_version = 2")
	if _, err := Open(t.Context(), Options{Dir: dir, Format: storetest.FlowFormat()}); err == nil || !strings.Contains(err.Error(), `format "events"`) {
		t.Errorf("opened as rows: %v", err)
	}
	s = openIn(t, dir)
	add(t, s, event(t, "new", noon, `"org_id":"o1","event_name":"Token"`))
	if found := search(t, s, everything500()); strings.Join(found, " ") != "old new" {
		t.Errorf("found %v", found)
	}
	batch, err := s.Since(t.Context(), position, 10)
	if err != nil || len(batch.Records) != 1 || batch.Records[0].UniqueID != "new" {
		t.Errorf("fed %v, %v", batch.Records, err)
	}
}

// alter changes a closed database.
func alter(t *testing.T, dir, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, databaseName))
	if err == nil {
		_, err = db.ExecContext(t.Context(), text)
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestEventsAreAppendedAndRowsReplaced(t *testing.T) {
	t.Parallel()
	events, rows := open(t), openRows(t, t.TempDir())
	row := storetest.Flows(1, 1)[0]
	if err := events.Replace(t.Context(), []audit.Replacement{{Row: row}}); audit.AsError(err).Code != audit.Internal {
		t.Errorf("replacing events: %v", err)
	}
	if _, err := rows.Append(t.Context(), []*audit.Record{row}); audit.AsError(err).Code != audit.Internal {
		t.Errorf("appending rows: %v", err)
	}
	outcomes, err := events.Append(t.Context(), []*audit.Record{row})
	if err != nil || outcomes[0].Status != audit.Rejected {
		t.Errorf("appending a row to events: %v, %v", outcomes, err)
	}
	q := everything500()
	q.Kinds = []audit.Kind{audit.KindFlow}
	for _, order := range []audit.OrderField{audit.ByTime, audit.ByEndedAt, audit.ByRelevance} {
		q.Order.Field = order
		if found := search(t, events, q); len(found) != 0 {
			t.Errorf("events that are rows: %v", found)
		}
	}
}

// Fields of rows must keep the letters and numbers that databases know them by.
func TestFieldsKeepTheirCodes(t *testing.T) {
	t.Parallel()
	events, rows := layoutOf(audit.Format{}), layoutOf(storetest.FlowFormat())
	for _, l := range []*layout{events, rows} {
		codes, numbers := map[string]bool{}, map[int]bool{}
		for _, f := range l.fields {
			if codes[f.code] || numbers[f.stored] {
				t.Errorf("%s has the code %q and the number %d of another field", f.Field, f.code, f.stored)
			}
			codes[f.code], numbers[f.stored] = true, true
		}
	}
	for field, want := range map[query.Field]string{query.UniqueID: "aa0", query.AttributeName: "bm38", query.FlowID: "za1000", query.FlowConflict: "zm1012"} {
		if f, ok := rows.field(field); !ok || fmt.Sprint(f.code, f.stored) != want {
			t.Errorf("%s is known as %s %d, want %s", field, f.code, f.stored, want)
		}
	}
}
