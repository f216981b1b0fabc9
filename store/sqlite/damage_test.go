package sqlite

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

func TestDamageIsSaidInOneWayWhereverItIs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	for i := range 40 {
		add(t, s, event(t, fmt.Sprint("a", i), noon, fmt.Sprintf(`"hostname":"h%d"`, i)))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	const header = 100 // bytes, in which SQLite keeps the size of a page
	pageSize := int(binary.BigEndian.Uint16(whole[16:]))
	failures := 0
	for at := 0; at < len(whole); at += pageSize {
		damaged := bytes.Clone(whole)
		for i := max(at, header); i < at+pageSize; i++ {
			damaged[i] = 0xff
		}
		for doing, err := range failuresOn(t, damaged) {
			failures++
			known := audit.AsError(err)
			if known.Code != audit.Unavailable || known.Message != "the database file is damaged" {
				t.Errorf("page %d, %s: %s %v", at/pageSize, doing, known.Code, err)
			}
		}
	}
	if failures < 10 {
		t.Errorf("only %d calls met the damage", failures)
	}
}

// failuresOn returns what went wrong on a database with this content, by what was done.
func failuresOn(t *testing.T, content []byte) map[string]error {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, databaseName), content, 0o600); err != nil {
		t.Fatal(err)
	}
	failures := map[string]error{}
	note := func(doing string, err error) {
		if err != nil {
			failures[doing] = err
		}
	}
	s, err := Open(t.Context(), Options{Dir: dir})
	note("open", err)
	if err != nil {
		return failures
	}
	_, err = s.Search(t.Context(), everything500())
	note("search", err)
	_, err = s.Facets(t.Context(), []audit.FacetRequest{{Query: everything500(), Field: "hostname", Size: 5}})
	note("facets", err)
	_, err = s.Since(t.Context(), "", 500)
	note("since", err)
	_, err = s.Append(t.Context(), []*audit.Record{event(t, "new", noon, "")})
	note("append", err)
	_ = s.Close() // what it says is SQLite's own
	return failures
}

func TestADamagedRecordIsSaidAndItsCauseLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	dir := t.TempDir()
	s := openIn(t, dir)
	add(t, s, event(t, "a", noon, ""))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE record SET body = x'ff'"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err = Open(t.Context(), Options{Dir: dir, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, err = s.Search(t.Context(), everything500())
	if known := audit.AsError(err); known == nil || known.Code != audit.Unavailable || known.Message != "a stored record is damaged" {
		t.Errorf("got %v", err)
	}
	if said := log.String(); strings.Count(said, "level=ERROR") != 1 || !strings.Contains(said, "no body of this version") {
		t.Errorf("the log says %q", said)
	}
}
