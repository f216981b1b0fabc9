// Package sqlite is the embedded store: one data folder with one SQLite
// database, used by one process at a time.
//
// One inverted index answers everything: each record is one row of a
// contentless FTS5 table whose row id is derived from its time, so that any mix
// of words and filters is one MATCH, read newest or oldest first with an early
// stop. Why, and what it costs, is in docs/adr/0002-one-inverted-index.md.
package sqlite

import (
	"context"
	"database/sql"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"

	"github.com/authtrail/authtrail/audit"
)

// Store is an audit.Store over one data folder. Opened with a format of rows that
// change, it is an audit.FlowStore.
type Store struct {
	dir    string
	layout *layout
	log    *slog.Logger
	lock   *os.File

	writing *sql.DB // one connection, the writer's
	reading *sql.DB // connections that can only read
	ask     statements

	identity identity
	terms    termMaker
	bodies   codec
	spill    atomic.Int64 // never less than that of anything committed
	feed     *feedEnd
	damaged  damagedPlaces
	passed   damagedPlaces // rows, by id, that look-ups have passed
	recent   recent

	jobs      chan *job
	changes   chan *change  // of the registry
	done      chan struct{} // closed when Close was called
	stopped   chan struct{} // closed when the writer has finished
	closeOnce sync.Once
	closeErr  error
}

var (
	_ audit.Store     = (*Store)(nil)
	_ audit.FlowStore = (*Store)(nil)
)

// Ready implements audit.Prober. The writer works as long as the store is open,
// so what remains to be seen is that the database can be read.
func (s *Store) Ready(ctx context.Context) error {
	if s.closing() {
		return errClosed()
	}
	var spill int64
	if err := s.ask.spill.QueryRowContext(ctx).Scan(&spill); err != nil {
		return s.failed(ctx, "read the database", err)
	}
	return nil
}

// closing reports whether Close was called.
func (s *Store) closing() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// Close implements audit.Store. What waits to be written is written first.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		close(s.done)
		<-s.stopped
		s.feed.wake()
		s.closeErr = s.release()
	})
	return s.closeErr
}
