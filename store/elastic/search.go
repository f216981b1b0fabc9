package elastic

import (
	"context"
	"fmt"

	"github.com/authtrail/authtrail/audit"
)

// Search implements audit.Searcher.
func (s *Store) Search(ctx context.Context, q audit.Query) (audit.Page, error) {
	if err := q.Validate(); err != nil {
		return audit.Page{}, err
	}
	page, err := s.search(ctx, q)
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
	w := newWalk(q)
	if err := s.finish(ctx, w, searchType); err != nil {
		return audit.Page{}, err
	}
	return w.page(), nil
}

func (s *Store) finish(ctx context.Context, w *walk, searchType string) error {
	for !w.done {
		answer, err := s.ask(ctx, w.request(), searchType)
		if err != nil {
			return err
		}
		w.take(answer.Hits.Hits)
	}
	return nil
}

// each calls visit with every record that a query asks for, and that a plan
// for it finds.
func (s *Store) each(ctx context.Context, q audit.Query, p plan, visit func(*audit.Record)) error {
	q.Order, q.Window = audit.Order{}, audit.Window{Limit: maxBatch - 1}
	for {
		w := newWalk(q)
		w.plan = p
		if err := s.finish(ctx, w, ""); err != nil {
			return err
		}
		page := w.page()
		for _, row := range page.Hits {
			visit(row.Record)
		}
		if !page.HasNext {
			return nil
		}
		last := q.CursorAt(page.Hits[len(page.Hits)-1])
		q.Window.After = &last
	}
}
