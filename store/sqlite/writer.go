package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// What one commit takes at most. More waits for the next: a commit costs a sync
// of the disk, and those who wait want their answer.
const (
	maxGroupRecords = 8192
	maxGroupBytes   = 32 << 20
)

// write is the writer: it alone changes the database, until Close.
func (s *Store) write(w *writer) {
	defer close(s.stopped)
	defer w.close()
	idle := time.NewTimer(idleBeforeTidying)
	defer idle.Stop()
	for {
		select {
		case c := <-s.changes:
			s.writeChanges(w, c)
			if w.fed > 0 {
				idle.Reset(idleBeforeTidying)
			}
		case j := <-s.jobs:
			s.writeWaitingChanges(w)
			s.writeGroup(w, j)
			idle.Reset(idleBeforeTidying)
		case <-idle.C:
			w.recent.forget()
			if w.tidy() {
				idle.Reset(0)
			}
		case <-s.done:
			for {
				select {
				case j := <-s.jobs:
					s.writeGroup(w, j)
				default:
					return
				}
			}
		}
	}
}

// writeGroup commits a job together with those that wait behind it.
func (s *Store) writeGroup(w *writer, first *job) {
	group := []*job{first}
	records, bytes := len(first.items), first.bytes
	for waiting := true; waiting && records < maxGroupRecords && bytes < maxGroupBytes; {
		select {
		case j := <-s.jobs:
			group = append(group, j)
			records, bytes = records+len(j.items), bytes+j.bytes
		default:
			waiting = false
		}
	}
	started := time.Now()
	err := w.commit(group)
	if err != nil {
		err = explained("append records", err)
		s.log.Error("a commit failed", "jobs", len(group), "records", records, "error", err, "cause", errors.Unwrap(err))
	} else {
		s.log.Debug("committed", "jobs", len(group), "records", records, "took", time.Since(started))
	}
	for _, j := range group {
		j.written <- err
	}
}

// writer is the state of the one goroutine that writes.
type writer struct {
	*Store
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	slots slots
	saved int64 // the spill that the database knows of

	lists     valueLists
	listedNow []listed        // in the present transaction
	savedNow  []*code         // likewise
	spillNow  int64           // likewise; 0 for none
	fed       int64           // the last place in the feed that was given in it; 0 for none
	fedNow    []*audit.Record // events that have got a place in it
}

func (s *Store) newWriter(ctx context.Context) (*writer, error) {
	lists, err := readLists(ctx, s.reading, s.terms)
	if err != nil {
		return nil, err
	}
	conn, err := s.writing.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &writer{
		Store: s, conn: conn, stmts: map[string]*sql.Stmt{}, slots: newSlots(), saved: s.spill.Load(), lists: lists,
	}, nil
}

func (w *writer) close() {
	for _, stmt := range w.stmts {
		_ = stmt.Close() // the database is closed next, and says what there is to say
	}
	_ = w.conn.Close()
}

// commit stores a group of jobs in one transaction.
func (w *writer) commit(group []*job) error {
	return w.alter(func() (err error) {
		w.fed, err = w.store(group)
		return err
	})
}

// alter does work that may change records in a transaction, and makes it known.
func (w *writer) alter(work func() error) error {
	w.listedNow, w.savedNow, w.spillNow, w.fed, w.fedNow = w.listedNow[:0], w.savedNow[:0], 0, 0, nil
	if err := w.transact(work); err != nil {
		w.forget()
		return err
	}
	w.saved = max(w.saved, w.spillNow)
	w.recent.add(w.fedNow, w.fed)
	w.fedNow = nil
	w.feed.advance(w.fed)
	return nil
}

// transact does work in a transaction: all of it, or with an error nothing.
func (w *writer) transact(work func() error) error {
	if _, err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := work()
	if err == nil {
		_, err = w.exec("COMMIT")
	}
	if err != nil {
		_, _ = w.exec("ROLLBACK") // fails when the error has rolled back already
	}
	return err
}

// store does the work of a transaction and returns the new end of the feed.
func (w *writer) store(group []*job) (int64, error) {
	fresh, err := w.claim(group)
	if err != nil {
		return 0, err
	}
	if err := w.insert(fresh); err != nil {
		return 0, err
	}
	if err := w.list(fresh); err != nil {
		return 0, err
	}
	if err := w.saveCodes(fresh); err != nil {
		return 0, err
	}
	if err := w.tally(fresh); err != nil {
		return 0, err
	}
	if err := w.saveSpill(); err != nil {
		return 0, err
	}
	return w.appendFeed(group)
}

// saveSpill tells the database how far a record was ever moved, when that has grown.
func (w *writer) saveSpill() error {
	spill := w.spill.Load()
	if spill <= w.saved {
		return nil
	}
	w.spillNow = spill
	_, err := w.exec("UPDATE meta SET value = ? WHERE key = ?", spill, metaSpill)
	return err
}

// exec runs a statement, prepared once.
func (w *writer) exec(text string, args ...any) (sql.Result, error) {
	stmt, err := w.stmt(text)
	if err != nil {
		return nil, err
	}
	return stmt.Exec(args...)
}

func (w *writer) queryRow(text string, args []any, dest ...any) error {
	stmt, err := w.stmt(text)
	if err != nil {
		return err
	}
	return stmt.QueryRow(args...).Scan(dest...)
}

func (w *writer) stmt(text string) (*sql.Stmt, error) {
	if prepared, ok := w.stmts[text]; ok {
		return prepared, nil
	}
	prepared, err := w.conn.PrepareContext(context.Background(), text)
	if err == nil {
		w.stmts[text] = prepared
	}
	return prepared, err
}
