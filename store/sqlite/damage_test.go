package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/storetest"
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

// openDamaged opens a store of which the bodies of some rows are damaged, and what it logs.
func openDamaged(t *testing.T, options Options, uids ...string) (*Store, *bytes.Buffer) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(options.Dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	for _, uid := range uids {
		if _, err := db.ExecContext(t.Context(), "UPDATE record SET body = x'ff' WHERE uid = ?", uid); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	log := new(bytes.Buffer)
	options.Logger = slog.New(slog.NewTextHandler(log, nil))
	s, err := Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, log
}

func TestADamagedRecordIsSaidAndItsCauseLogged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	add(t, s, event(t, "a", noon, `"org_id":"acme"`))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, log := openDamaged(t, Options{Dir: dir}, "a")
	_, err := s.Search(t.Context(), everything500())
	if known := audit.AsError(err); known == nil || known.Code != audit.Unavailable || known.Message != "a stored record is damaged" {
		t.Errorf("got %v", err)
	}
	said := log.String()
	if strings.Count(said, "level=ERROR") != 1 || !strings.Contains(said, "no body of this version") || !strings.Contains(said, "acme") {
		t.Errorf("the log says %q", said)
	}
}

func TestFollowersGoOnPastDamagedRecordsThatTheLogNamesOnce(t *testing.T) {
	t.Parallel()
	options, all := Options{Dir: t.TempDir()}, events(t, 6)
	s := openIn(t, options.Dir)
	add(t, s, all[:5]...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, log := openDamaged(t, options, "e0", "e2", "e4")
	for _, limit := range []int{1, 2, 500} {
		if got := strings.Join(follow(t, s, limit), " "); got != "e1 e3" {
			t.Errorf("%d at a time: followed %s", limit, got)
		}
	}
	if said := log.String(); strings.Count(said, "level=ERROR") != 3 || strings.Count(said, "unique_id=e2") != 1 {
		t.Errorf("the log says %q", said)
	}
	batch, err := s.Since(t.Context(), "", 500)
	if err != nil {
		t.Fatal(err)
	}
	waiting, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Wait(waiting, batch.Next); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with nothing but a damaged record to come, waiting ends with %v", err)
	}
	add(t, s, all[5])
	if err := s.Wait(t.Context(), batch.Next); err != nil {
		t.Error(err)
	}
	if batch, err = s.Since(t.Context(), batch.Next, 500); err != nil || strings.Join(ids(batch.Records), " ") != "e5" {
		t.Errorf("then comes %s, %v", ids(batch.Records), err)
	}
}

func TestALookUpPassesDamagedRecordsWhereItMay(t *testing.T) {
	t.Parallel()
	options := Options{Dir: t.TempDir()}
	s := openIn(t, options.Dir)
	for i := range 4 {
		add(t, s, event(t, fmt.Sprint("s", i), noon.Add(time.Duration(i)*time.Second), `"session":"shared"`))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, log := openDamaged(t, options, "s0", "s2")
	l := audit.Lookup{Scope: audit.AllOrgs(), Field: query.Session, Keys: []audit.LookupKey{{AnyOrg: true, Value: "shared"}},
		Order: audit.Order{Ascending: true}, Window: audit.Window{Limit: 3}}
	if _, err := s.Lookup(t.Context(), l); audit.AsError(err).Code != audit.Unavailable {
		t.Errorf("a look-up that may not lack any ends with %v", err)
	}
	l.PassDamaged = true
	for range 2 {
		pages, err := s.Lookup(t.Context(), l)
		if err != nil || strings.Join(ids(pages[0].Records()), " ") != "s1 s3" {
			t.Fatalf("got %v, %v; want s1 and s3", pages, err)
		}
	}
	if said := log.String(); strings.Count(said, "login flows are built without it") != 2 || strings.Count(said, "unique_id=s2") != 1 {
		t.Errorf("the log says %q", said)
	}
}

func TestADamagedRowIsAnEmptyOneUntilItIsMadeAnew(t *testing.T) {
	t.Parallel()
	options := Options{Dir: t.TempDir(), Format: storetest.FlowFormat()}
	restore := options.Format.Restore
	options.Format.Restore = func(stored audit.Stored) *audit.Record {
		if stored.Raw == "" {
			stored.Raw = "{}\n"
		}
		return restore(stored)
	}
	s, err := Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	rows := storetest.Flows(1, 5)
	replace(t, s, made(rows...)...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, log := openDamaged(t, options, rows[2].UniqueID)
	outcomes := func() int {
		page, err := s.Search(t.Context(), everything500())
		if err != nil || len(page.Hits) != len(rows) {
			t.Fatalf("%d rows: %v", len(page.Hits), err)
		}
		with := 0
		for _, row := range page.Records() {
			if _, ok := row.Get(query.FlowOutcome); ok {
				with++
			} else if row.Key() == rows[2].Key() {
				replace(t, s, audit.Replacement{Row: rows[2], Was: row.Version})
			}
		}
		return with
	}
	if followed := follow(t, s, 2); len(followed) != len(rows) {
		t.Errorf("followed %s", followed)
	}
	if with := outcomes(); with != len(rows)-1 {
		t.Errorf("%d rows have an outcome", with)
	}
	if with := outcomes(); with != len(rows) {
		t.Errorf("of what was made anew, %d rows have an outcome", with)
	}
	if said := log.String(); strings.Count(said, "level=ERROR") != 1 || !strings.Contains(said, rows[2].UniqueID) {
		t.Errorf("the log says %q", said)
	}
}

// events are some events of one second each.
func events(t *testing.T, n int) []*audit.Record {
	t.Helper()
	made := make([]*audit.Record, n)
	for i := range made {
		made[i] = event(t, fmt.Sprint("e", i), noon.Add(time.Duration(i)*time.Second), "")
	}
	return made
}

// follow reads the whole feed, so many rows at a time.
func follow(t *testing.T, s *Store, limit int) (found []string) {
	t.Helper()
	for position := audit.Position(""); ; {
		batch, err := s.Since(t.Context(), position, limit)
		if err != nil {
			t.Fatal(err)
		}
		if len(batch.Records) == 0 {
			if batch.Next != position {
				t.Errorf("at the end the position moves from %s to %s", position, batch.Next)
			}
			return found
		}
		found, position = append(found, ids(batch.Records)...), batch.Next
	}
}
