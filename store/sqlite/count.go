package sqlite

import (
	"context"

	"github.com/authtrail/authtrail/audit"
)

// Count implements audit.Counter.
func (s *Store) Count(ctx context.Context, queries []audit.Query) ([]int, error) {
	for _, q := range queries {
		if err := q.Scope.Validate(); err != nil {
			return nil, err
		}
	}
	counts := make([]int, len(queries))
	err := s.counting(ctx, "count", func(v *snapshot) error {
		for i, q := range queries {
			p := planFor(s.terms, q.Scope, q.Kinds, q.Where)
			n, err := v.count(ctx, &p)
			if err != nil {
				return err
			}
			counts[i] = n
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return counts, nil
}

// counting answers a call to the Counter inside one snapshot.
func (s *Store) counting(ctx context.Context, doing string, answer func(*snapshot) error) error {
	if s.closing() {
		return errClosed()
	}
	v, err := s.snapshot(ctx)
	if err != nil {
		return s.failed(ctx, doing, err)
	}
	defer v.close()
	if err := answer(v); err != nil {
		return s.failed(ctx, doing, err)
	}
	return nil
}

// scanIsCheap is how many records are looked at one by one rather than asking
// the index about each of many values or intervals.
const scanIsCheap = 1_000

// indexIsWorth reports whether to ask the index so many questions rather than
// looking at each record that matches. Both cost about the same when there are as many
// records as questions, or fewer; a question also costs for what it counts, in
// which the index is far quicker.
func (v *snapshot) indexIsWorth(ctx context.Context, p *plan, questions int) (bool, error) {
	if p.verify != nil || questions > maxQuestions {
		return false, nil
	}
	records, err := v.count(ctx, p)
	return records > max(scanIsCheap, 4*questions), err
}

// maxQuestions bounds the questions that one facet or histogram is made of.
const maxQuestions = 50_000
