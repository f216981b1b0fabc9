package elastic

import (
	"context"
	"fmt"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// Count implements audit.Counter.
func (s *Store) Count(ctx context.Context, queries []audit.Query) ([]int, error) {
	for _, q := range queries {
		if err := q.Scope.Validate(); err != nil {
			return nil, err
		}
	}
	counts, err := whenSeen(ctx, s, queries, func() ([]int, error) { return s.count(ctx, queries) })
	if err != nil {
		return nil, fmt.Errorf("count records: %w", err)
	}
	return counts, nil
}

func (s *Store) count(ctx context.Context, queries []audit.Query) ([]int, error) {
	counts := make([]int, len(queries))
	plans := make([]plan, len(queries))
	var all questions
	for i, q := range queries {
		plans[i] = s.format.planFor(q)
		if !plans[i].verify {
			all.ask(dsl.Search{Query: plans[i].filter, TrackTotalHits: true}, func(r *result) { counts[i] = r.Hits.Total.Value })
		}
	}
	if err := s.askAll(ctx, all); err != nil {
		return nil, err
	}
	for i, q := range queries {
		if !plans[i].verify {
			continue
		}
		if err := s.each(ctx, q, plans[i], func(*audit.Record) { counts[i]++ }); err != nil {
			return nil, err
		}
	}
	return counts, nil
}
