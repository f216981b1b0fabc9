package elastic

import (
	"context"
	"fmt"

	"github.com/authtrail/authtrail/audit"
)

// Lookup implements audit.Looker.
func (s *Store) Lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	walks := make([]*walk, len(l.Keys))
	for i, key := range l.Keys {
		walks[i] = newWalk(l.Query(key))
	}
	if err := s.walkAll(ctx, walks); err != nil {
		return nil, fmt.Errorf("look up records: %w", err)
	}
	pages := make([]audit.Page, len(walks))
	for i, w := range walks {
		pages[i] = w.page()
	}
	return pages, nil
}

// walkAll takes every walk to its end in one round trip. There is no second one,
// as the engine compares ids exactly.
func (s *Store) walkAll(ctx context.Context, walks []*walk) error {
	var steps questions
	for _, w := range walks {
		steps.ask(w.request(), func(r *result) { w.take(r.Hits.Hits) })
	}
	return s.askAll(ctx, steps)
}
