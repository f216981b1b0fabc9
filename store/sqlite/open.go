package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/authtrail/authtrail/audit"
)

// Options say where the store is.
type Options struct {
	Dir    string       // the data folder; made when it does not exist
	Format audit.Format // of its rows; the zero Format is that of events
	Logger *slog.Logger // nil for none
}

const (
	databaseName = "authtrail.db"
	lockName     = "authtrail.lock"
)

// ErrInUse is the cause of Open's error when another process has the folder open.
var ErrInUse = errors.New("in use")

// Exists reports whether a folder is a data folder: whether there is a database in it.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, databaseName))
	return !errors.Is(err, fs.ErrNotExist)
}

// Open opens the data folder, makes it when there is none, and brings its
// database to this program's schema version. Another process that has the
// folder open, a database of a newer version, or one of another format, is an
// error that says so.
func Open(ctx context.Context, options Options) (*Store, error) {
	s := &Store{
		dir: options.Dir, layout: layoutOf(options.Format), log: options.Logger,
		jobs: make(chan *job, 256), changes: make(chan *change), done: make(chan struct{}), stopped: make(chan struct{}),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	w, err := s.open(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open data folder %s: %w", s.dir, err), s.release())
	}
	go s.write(w)
	return s, nil
}

func (s *Store) open(ctx context.Context) (*writer, error) {
	if err := s.lockFolder(); err != nil {
		return nil, err
	}
	path := filepath.Join(s.dir, databaseName)
	if err := makePrivate(path); err != nil {
		return nil, err
	}
	var err error
	if s.writing, err = openDatabase(path, 1, s.layout.writerCache(), writerPragmas); err != nil {
		return nil, err
	}
	if err = migrate(ctx, s.writing, s.layout); err != nil {
		return nil, explained("prepare the database", err)
	}
	if s.identity, err = readIdentity(ctx, s.writing); err != nil {
		return nil, explained("prepare the database", err)
	}
	if s.bodies, err = newCodec(s.layout.MaxBytes); err != nil {
		return nil, err
	}
	s.terms = termMaker{layout: s.layout, key: s.identity.key, codes: newCodebook(s.identity.key, s.layout)}
	if err = s.terms.codes.read(ctx, s.writing); err != nil {
		return nil, explained("prepare the database", err)
	}
	s.spill.Store(s.identity.spill)
	s.feed = newFeedEnd(s.identity.end)
	if s.reading, err = openDatabase(path, readers(), s.layout.readerCache(), readerPragmas); err != nil {
		return nil, err
	}
	if err = s.ask.prepare(ctx, s.reading, s.layout); err != nil {
		return nil, explained("prepare the queries", err)
	}
	return s.newWriter(ctx)
}

// lockFolder makes the folder and takes it for this process.
func (s *Store) lockFolder() error {
	if s.dir == "" {
		return audit.Invalid("data", "no data folder was given")
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(s.dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	s.lock = lock
	if err := lockFile(lock); err != nil {
		return &audit.Error{Code: audit.Unavailable, Err: fmt.Errorf("%w: %w", ErrInUse, err),
			Message: "the data folder is in use by another authtrail process"}
	}
	return nil
}

// makePrivate makes the file, for its owner alone. SQLite gives the files
// beside it the same permissions.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

var (
	writerPragmas = []string{
		"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)",
		"wal_autocheckpoint(4000)", "journal_size_limit(134217728)", "temp_store(MEMORY)",
	}
	readerPragmas = []string{"query_only(1)", "busy_timeout(10000)", "temp_store(MEMORY)"}
)

// readers is how many queries are answered at once; others wait their turn.
func readers() int { return max(4, 2*runtime.GOMAXPROCS(0)) }

// writerCache is how much of the file the writer keeps in memory, in KiB. A page of 4
// KiB costs the process more than 8, since the driver's allocator rounds up what
// SQLite asks for. Twice as much for events saves no time with a million records: of
// the reads one in 25. Rows that change stand in a database beside that of the
// events, in the same process.
func (l *layout) writerCache() int {
	if l.rows {
		return 16 << 10
	}
	return 32 << 10
}

// readerCache is how much of the file each reader keeps in memory, in KiB.
func (l *layout) readerCache() int {
	if l.rows {
		return 4 << 10
	}
	return 8 << 10
}

func openDatabase(path string, connections, cache int, pragmas []string) (*sql.DB, error) {
	pragmas = append(slices.Clone(pragmas), fmt.Sprintf("cache_size(-%d)", cache))
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: url.Values{"_pragma": pragmas}.Encode()}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// release closes whatever was opened, the lock last.
func (s *Store) release() error {
	var failures []error
	for _, db := range []*sql.DB{s.reading, s.writing} {
		if db != nil {
			failures = append(failures, db.Close())
		}
	}
	if s.lock != nil {
		failures = append(failures, s.lock.Close())
	}
	return errors.Join(failures...)
}
