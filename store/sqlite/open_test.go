package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

func TestAFolderIsOpenedOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := openIn(t, dir)
	_, err := Open(t.Context(), Options{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "in use by another") {
		t.Fatalf("a second opener got %v", err)
	}
	if code := audit.AsError(err).Code; code != audit.Unavailable {
		t.Errorf("its code is %s", code)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	openIn(t, dir)
}

func TestWhatWasAppendedIsThereAfterReopening(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	batch := make([]*audit.Record, 200) // all on one millisecond, so that some spill
	for i := range batch {
		batch[i] = event(t, fmt.Sprint("a", i), noon, "")
	}
	add(t, s, batch...)
	spill, end := s.spill.Load(), s.feed.seq
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openIn(t, dir)
	if s.spill.Load() != spill || spill == 0 || s.feed.seq != end {
		t.Errorf("spill %d and end %d became %d and %d", spill, end, s.spill.Load(), s.feed.seq)
	}
	outcomes, err := s.Append(t.Context(), []*audit.Record{event(t, "a0", noon, ""), event(t, "new", noon, "")})
	if err != nil || outcomes[0].Status != audit.Duplicate || outcomes[1].Status != audit.Accepted {
		t.Errorf("got %v, %v", outcomes, err)
	}
	if found := search(t, s, everything500()); len(found) != 201 {
		t.Errorf("found %d records", len(found))
	}
}

func TestADatabaseOfANewerVersionIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := openIn(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Options{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "schema version 99") || !strings.Contains(err.Error(), "newer authtrail") {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsNoDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, databaseName)
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), Options{Dir: dir})
	if err == nil || audit.AsError(err).Code != audit.Unavailable {
		t.Errorf("got %v", err)
	}
	if kept, _ := os.ReadFile(path); len(kept) != 20_000 {
		t.Error("the file was changed")
	}
}

func TestTheFolderIsTheOwnersAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "deep", "data")
	s := openIn(t, dir)
	add(t, s, event(t, "a", noon, ""))
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAClosedStoreSaysSo(t *testing.T) {
	t.Parallel()
	s := open(t)
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	_, appendErr := s.Append(t.Context(), []*audit.Record{event(t, "a", noon, "")})
	_, searchErr := s.Search(t.Context(), everything500())
	_, countErr := s.Count(t.Context(), []audit.Query{everything500()})
	_, sinceErr := s.Since(t.Context(), "", 1)
	for name, err := range map[string]error{
		"append": appendErr, "search": searchErr, "count": countErr, "since": sinceErr,
		"ready": s.Ready(t.Context()), "wait": s.Wait(t.Context(), ""),
	} {
		if err == nil || audit.AsError(err).Code != audit.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
}
