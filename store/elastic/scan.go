package elastic

import (
	"context"
	"fmt"

	"github.com/authtrail/authtrail/audit"
)

// maxScan is how many rows a scan asks for at once: the engine's limit.
const maxScan = 10_000

// Scan implements audit.Scanner. Where the engine alone can say which rows match,
// it is asked for their heads only.
func (s *Store) Scan(ctx context.Context, q audit.Query, yield func(*audit.Record) bool) error {
	if err := q.Scope.Validate(); err != nil {
		return err
	}
	if err := s.seen(ctx, q); err != nil {
		return fmt.Errorf("scan rows: %w", err)
	}
	if err := s.scan(ctx, q, yield); err != nil {
		return fmt.Errorf("scan rows: %w", err)
	}
	return nil
}

func (s *Store) scan(ctx context.Context, q audit.Query, yield func(*audit.Record) bool) error {
	q.Order, q.Window = audit.Order{}, audit.Window{Limit: maxScan}
	w := s.format.newWalk(q)
	w.size, w.most = maxBatch, maxBatch
	if !w.plan.verify {
		w.source, w.size, w.most = s.format.headOnly(), maxScan, maxScan
	}
	for !w.done {
		if err := s.step(ctx, w, ""); err != nil {
			return err
		}
		for _, row := range w.found {
			if w.plan.verify {
				row.Record = s.format.cut(row.Record)
			}
			if !yield(row.Record) {
				return nil
			}
		}
		w.found = w.found[:0] // never as many as would fill the window
	}
	return nil
}
