package sqlite

import (
	"context"

	"github.com/authtrail/authtrail/audit"
)

// Count implements audit.Counter.
func (s *Store) Count(ctx context.Context, queries []audit.Query) ([]int, error) {
	counts := make([]int, len(queries))
	for i, q := range queries {
		if err := q.Scope.Validate(); err != nil {
			return nil, err
		}
		n, err := s.count(ctx, q)
		if err != nil {
			return nil, s.failed(ctx, "count", err)
		}
		counts[i] = n
	}
	return counts, nil
}

func (s *Store) count(ctx context.Context, q audit.Query) (int, error) {
	if s.closing() {
		return 0, errClosed()
	}
	p := planFor(s.terms, q.Scope, q.Kinds, q.Where)
	for {
		spill := s.spill.Load()
		n, err := s.countPlan(ctx, &p, spill)
		if err != nil || s.spill.Load() == spill {
			return n, err
		}
	}
}

// countPlan counts in the index alone wherever it knows enough: not at the two
// ends of the range of time, whose milliseconds hold other records as well.
func (s *Store) countPlan(ctx context.Context, p *plan, spill int64) (int, error) {
	first, last := p.span.rows(spill)
	if p.none || first > last {
		return 0, nil
	}
	if p.verify != nil {
		return s.countRows(ctx, p, first, last)
	}
	innerFirst, innerLast := p.span.innerRows(spill)
	if innerFirst > innerLast {
		return s.countRows(ctx, p, first, last)
	}
	var inner int
	err := s.read.count[p.indexed()].QueryRowContext(ctx, p.matchArgs(innerFirst, innerLast)...).Scan(&inner)
	if err != nil {
		return 0, err
	}
	before, err := s.countRows(ctx, p, first, innerFirst-1)
	if err != nil {
		return 0, err
	}
	after, err := s.countRows(ctx, p, innerLast+1, last)
	return before + inner + after, err
}

// countRows counts by looking at each row.
func (s *Store) countRows(ctx context.Context, p *plan, first, last int64) (int, error) {
	n := 0
	err := s.each(ctx, p, first, last, func(*found) error {
		n++
		return nil
	})
	return n, err
}

// each calls yield for every row in a range of row ids that matches.
func (s *Store) each(ctx context.Context, p *plan, first, last int64, yield func(*found) error) error {
	return s.scan(ctx, p, first, last, true, func(r *row) (bool, error) {
		if !p.span.holds(r.nanos) {
			return true, ctx.Err()
		}
		found, err := s.hit(p, r)
		if err != nil || found == nil {
			return err == nil, err
		}
		return true, yield(found)
	})
}
