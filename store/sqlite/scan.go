package sqlite

import (
	"context"
	"runtime"
	"sync"

	"github.com/authtrail/authtrail/audit"
)

// scanPage is how many rows a scan reads at once: no question to the database is
// open while the caller looks at them.
const scanPage = 2_000

// Scan implements audit.Scanner.
func (s *Store) Scan(ctx context.Context, q audit.Query, yield func(*audit.Record) bool) error {
	if err := q.Scope.Validate(); err != nil {
		return err
	}
	if s.closing() {
		return errClosed()
	}
	q.Order, q.Window = audit.Order{}, audit.Window{Limit: scanPage}
	p := planFor(s.terms, q.Scope, q.Kinds, q.Where)
	p.heads = s.layout.rows
	for {
		rows, err := s.scanNext(ctx, q, &p)
		if err != nil {
			return s.failed(ctx, "scan", err)
		}
		for _, f := range rows[:min(len(rows), scanPage)] {
			if !yield(f.record) {
				return nil
			}
		}
		if len(rows) <= scanPage {
			return nil
		}
		last := q.CursorAt(audit.Hit{Record: rows[scanPage-1].record})
		q.Window.After = &last
	}
}

// scanNext reads the heads of the next rows, and of one more if there is one.
func (s *Store) scanNext(ctx context.Context, q audit.Query, p *plan) ([]*found, error) {
	v, err := s.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	best, err := v.bestByTime(ctx, v.tx, q, p, v.spill)
	if err != nil {
		return nil, err
	}
	return best.rows, v.readHeads(ctx, best.rows)
}

// readHeads makes the records of rows' heads, on all processors.
func (s *Store) readHeads(ctx context.Context, rows []*found) error {
	share := max(encodeChunk, (len(rows)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	failures := make([]error, len(rows)/share+1)
	var wait sync.WaitGroup
	for i := range failures {
		wait.Go(func() {
			for _, f := range rows[min(i*share, len(rows)):min((i+1)*share, len(rows))] {
				if failures[i] = s.read(ctx, nil, f, true); failures[i] != nil {
					return
				}
			}
		})
	}
	wait.Wait()
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
