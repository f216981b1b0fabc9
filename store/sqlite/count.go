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

// recordsPerQuestion is how many records can be looked at in the time of one
// question: about 80 when other conditions stand beside it, since they are read
// anew for each, and few when it stands alone.
const (
	recordsPerQuestion      = 80
	recordsPerQuestionOfAll = 10
	maxQuestions            = 50_000
)

// indexIsWorth reports whether to ask the index so many questions about the
// records that match, rather than to look at each of them.
func (v *snapshot) indexIsWorth(ctx context.Context, p *plan, questions int) (bool, error) {
	if p.verify != nil || questions > maxQuestions {
		return false, nil
	}
	records, err := v.count(ctx, p)
	each := recordsPerQuestion
	if p.asked.op == opAll {
		each = recordsPerQuestionOfAll
	}
	return records > max(scanIsCheap, each*questions), err
}
