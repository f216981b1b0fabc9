package flow_test

import (
	"context"
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

type memory struct{ records []*audit.Record }

type store interface {
	audit.Searcher
	audit.Looker
}

func (m memory) Search(ctx context.Context, q audit.Query) (audit.Page, error) {
	if err := q.Validate(); err != nil {
		return audit.Page{}, err
	}
	if ctx.Err() != nil {
		return audit.Page{}, ctx.Err()
	}
	var hits []audit.Hit
	for _, r := range m.records {
		h := audit.Hit{Record: r}
		if (q.Kinds == nil || slices.Contains(q.Kinds, r.Kind)) && q.Scope.Allows(r.Org) && query.Match(q.Where, r.Document()) &&
			(q.Window.After == nil || q.Window.After.Compare(h) > 0) && (q.Window.Before == nil || q.Window.Before.Compare(h) < 0) {
			hits = append(hits, h)
		}
	}
	slices.SortFunc(hits, q.Order.Compare)
	p := audit.Page{Hits: hits, HasPrevious: q.Window.After != nil}
	if len(hits) > q.Window.Limit {
		if q.Window.Backward {
			p.Hits, p.HasPrevious = hits[len(hits)-q.Window.Limit:], true
		} else {
			p.Hits, p.HasNext = hits[:q.Window.Limit], true
		}
	}
	return p, nil
}

func (m memory) Lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	var pages []audit.Page
	for _, k := range l.Keys {
		p, err := m.Search(ctx, l.Query(k))
		if err != nil {
			return nil, err
		}
		pages = append(pages, p)
	}
	return pages, nil
}
