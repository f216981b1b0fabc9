package elastic

import (
	"context"
	"errors"
	"fmt"

	"github.com/authtrail/authtrail/audit"
)

// Search implements audit.Searcher.
func (s *Store) Search(ctx context.Context, q audit.Query) (audit.Page, error) {
	if err := q.Validate(); err != nil {
		return audit.Page{}, err
	}
	page, err := whenSeen(ctx, s, []audit.Query{q}, func() (audit.Page, error) { return s.search(ctx, q) })
	if err != nil {
		return audit.Page{}, fmt.Errorf("search: %w", err)
	}
	return page, nil
}

func (s *Store) search(ctx context.Context, q audit.Query) (audit.Page, error) {
	searchType := ""
	if q.Order.Field == audit.ByRelevance {
		searchType = byScore
	}
	w := s.format.newWalk(q)
	w.limit = audit.MaxPageBytes
	if err := s.finish(ctx, w, searchType); err != nil {
		return audit.Page{}, err
	}
	return w.page(), nil
}

func (s *Store) finish(ctx context.Context, w *walk, searchType string) error {
	for !w.done {
		if err := s.step(ctx, w, searchType); err != nil {
			return err
		}
	}
	return nil
}

// step asks for the next rows of a walk, and takes them.
func (s *Store) step(ctx context.Context, w *walk, searchType string) error {
	answer, err := s.ask(ctx, w.request(), searchType)
	switch {
	case errors.Is(err, errTooLarge) && w.shrink():
		return nil
	case err != nil:
		return err
	}
	w.take(answer.Hits.Hits)
	return nil
}

// each calls visit with every record that a query asks for, and that a plan
// for it finds.
func (s *Store) each(ctx context.Context, q audit.Query, p plan, visit func(*audit.Record)) error {
	q.Order, q.Window = audit.Order{}, audit.Window{Limit: maxBatch}
	w := s.format.newWalk(q)
	w.plan, w.size = p, maxBatch
	for !w.done {
		if err := s.step(ctx, w, ""); err != nil {
			return err
		}
		for _, row := range w.found {
			visit(row.Record)
		}
		w.found = w.found[:0] // never as many as would fill the window
	}
	return nil
}
