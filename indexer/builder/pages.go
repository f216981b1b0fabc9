package builder

import (
	"context"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// flowsWhere asks for a page of the stored flows that match.
func flowsWhere(scope audit.Scope, where query.Node) audit.Query {
	return audit.Query{Scope: scope, Kinds: []audit.Kind{audit.KindFlow}, Where: where, Window: audit.Window{Limit: audit.MaxPageSize}}
}

// endOf returns where the page after this one begins; nil when this is the last one.
func endOf(page audit.Page, of audit.Query) *audit.Cursor {
	if !page.HasNext {
		return nil
	}
	end := of.CursorAt(page.Hits[len(page.Hits)-1])
	return &end
}

// eachRow calls do for the stored flows that match, a page at a time.
func (t *term) eachRow(ctx context.Context, scope audit.Scope, where query.Node, do func([]*audit.Record) error) error {
	q := flowsWhere(scope, where)
	for {
		page, err := t.options.Flows.Search(ctx, q)
		if err != nil {
			return err
		}
		if err := do(page.Records()); err != nil {
			return err
		}
		if q.Window.After = endOf(page, q); q.Window.After == nil {
			return nil
		}
	}
}
