package server

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/authtrail/authtrail/audit"
)

// check returns what of a valid operation is over the limits: each limit's name,
// the operation's value and the maximum.
func (l Limits) check(op *graphql.OperationContext) gqlerror.List {
	m := measurer{limits: l, variables: op.Variables, fragments: map[string]*measure{}}
	total := m.operation(op.Operation)
	if len(m.errs) > 0 {
		return m.errs
	}
	var errs gqlerror.List
	for _, limit := range []struct {
		name           string
		value, maximum int64
	}{
		{"depth", total.depth, l.Depth},
		{"rootFields", total.fields, l.RootFields},
		{"aliases", total.aliases, l.Aliases},
		{"directives", total.directives, l.Directives},
		{"cost", total.cost(l.ListSize), l.Cost},
	} {
		if limit.value > limit.maximum {
			errs = append(errs, tooComplex(op.Operation, limit.name, limit.value, limit.maximum))
		}
	}
	return errs
}

func tooComplex(op *ast.OperationDefinition, name string, value, maximum int64) *gqlerror.Error {
	err := requestError(audit.TooComplex, "the operation is too complex: its %s is %d and may be at most %d", name, value, maximum)
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
