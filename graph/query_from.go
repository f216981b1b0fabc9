package graph

import (
	"context"
	"errors"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/graph/node"
)

// queryFrom returns the query that the arguments of a list ask for, in the
// caller's scope, and the part of it that the search is.
func (r *resolver) queryFrom(
	ctx context.Context, kind audit.Kind, filter map[string]any, search *string, order audit.Order, page node.PageArgs,
) (audit.Query, query.Node, error) {
	scope, err := node.ScopeOf(ctx)
	if err != nil {
		return audit.Query{}, nil, err
	}
	window, err := page.Window()
	if err != nil {
		return audit.Query{}, nil, err
	}
	where, found, err := r.conditions(kind, filter, search)
	if err != nil {
		return audit.Query{}, nil, err
	}
	q := audit.Query{Scope: scope, Kinds: audit.PrincipalFrom(ctx).KindsOf(kind), Where: where, Order: order, Window: window}
	return q, found, q.Validate()
}

// conditions returns what a filter and a search ask for together, and the search.
func (r *resolver) conditions(kind audit.Kind, filter map[string]any, search *string) (where, found query.Node, err error) {
	if found, err = r.searched(kind, search); err != nil {
		return nil, nil, err
	}
	filterOf := recordFilter
	if kind == audit.KindFlow {
		filterOf = flowFilter
	}
	filtered, err := filterOf(filter, r.reader.Now())
	if err != nil {
		return nil, nil, err
	}
	return query.AllOf(filtered, found), found, nil
}

// searched returns the tree of a search; nil when there is none.
func (r *resolver) searched(kind audit.Kind, search *string) (query.Node, error) {
	switch {
	case search == nil:
		return nil, nil
	case kind == audit.KindFlow:
		return query.ParseFlows(*search, r.reader.Now())
	}
	return query.Parse(*search, r.reader.Now())
}

// asSyntaxError returns the syntax error of a search that err is, if it is one.
func asSyntaxError(err error) (*query.SyntaxError, bool) {
	var syntax *query.SyntaxError
	return syntax, errors.As(err, &syntax)
}
