package server

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/authtrail/authtrail/audit"
)

// check returns what a valid operation costs, and what of it is over the limits:
// each limit's name, the operation's value and the maximum.
func (l Limits) check(op *graphql.OperationContext) (cost int64, errs gqlerror.List) {
	m := newMeasurer(l, op.Doc, op.Variables)
	total := m.operation(op.Operation)
	cost = total.cost(l.ListSize)
	if len(m.errs) > 0 {
		return cost, m.errs
	}
	for _, limit := range []struct {
		name           string
		value, maximum int64
	}{
		{"depth", total.depth, l.Depth},
		{"rootFields", total.roots, l.RootFields},
		{"aliases", total.aliases, l.Aliases},
		{"directives", total.directives, l.Directives},
		{"cost", cost, l.Cost},
	} {
		if limit.value > limit.maximum {
			errs = append(errs, tooComplex(op.Operation, limit.name, limit.value, limit.maximum))
		}
	}
	return cost, errs
}

// screen returns an error if validating the document would take long: it compares
// fields with each other, so that 30 KB of one field's name take seconds.
func (l Limits) screen(document *ast.QueryDocument) gqlerror.List {
	m := newMeasurer(l, document, nil)
	var written int64 // rather than expanded
	for _, op := range document.Operations {
		if fields := m.operation(op).fields; fields > l.Fields {
			return gqlerror.List{tooComplex(op, "fields", fields, l.Fields)}
		}
		written += countFields(op.SelectionSet)
	}
	for _, fragment := range document.Fragments {
		written += countFields(fragment.SelectionSet)
	}
	if written > l.Fields && len(document.Operations) > 0 {
		return gqlerror.List{tooComplex(document.Operations[0], "fields", written, l.Fields)}
	}
	return nil
}

func countFields(set ast.SelectionSet) int64 {
	var count int64
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			count += 1 + countFields(selection.SelectionSet)
		case *ast.InlineFragment:
			count += countFields(selection.SelectionSet)
		}
	}
	return count
}

func tooComplex(op *ast.OperationDefinition, name string, value, maximum int64) *gqlerror.Error {
	err := requestError(audit.TooComplex, "the operation is too complex: %s is %d, the maximum is %d", name, value, maximum)
	err.Extensions["limit"], err.Extensions["value"], err.Extensions["maximum"] = name, value, maximum
	err.Locations = locate(op.Position)
	return err
}

func locate(at *ast.Position) []gqlerror.Location {
	if at == nil {
		return nil
	}
	return []gqlerror.Location{{Line: at.Line, Column: at.Column}}
}
