package server

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/authtrail/authtrail/audit"
)

// measure is what a selection set amounts to with its fragments expanded. The
// cost is linear in the page around it, so that a fragment needs measuring once,
// wherever it is spread: lists like a connection's nodes take that page's size.
type measure struct {
	depth, aliases, directives int64

	roots  int64 // fields of the set itself
	fields int64 // fields of the set and all below it

	fixed   int64 // cost whatever the page
	perPage int64 // cost for each item of the page
}

func (m measure) cost(page int64) int64 {
	return plus(m.fixed, times(page, m.perPage))
}

// and adds a sibling: what is selected beside it.
func (m measure) and(other measure) measure {
	return measure{
		depth:      max(m.depth, other.depth),
		roots:      plus(m.roots, other.roots),
		fields:     plus(m.fields, other.fields),
		aliases:    plus(m.aliases, other.aliases),
		directives: plus(m.directives, other.directives),
		fixed:      plus(m.fixed, other.fixed),
		perPage:    plus(m.perPage, other.perPage),
	}
}

// measurer walks one operation in time linear in the document's length.
type measurer struct {
	limits    Limits
	document  *ast.QueryDocument
	variables map[string]any
	mutation  bool
	fragments map[string]*measure // nil while a fragment is being measured
	errs      gqlerror.List
}

func newMeasurer(limits Limits, document *ast.QueryDocument, variables map[string]any) *measurer {
	return &measurer{limits: limits, document: document, variables: variables, fragments: map[string]*measure{}}
}

func (m *measurer) operation(op *ast.OperationDefinition) measure {
	m.mutation = op.Operation == ast.Mutation
	total := m.selections(op.SelectionSet)
	directives := m.directives(op.Directives)
	for _, variable := range op.VariableDefinitions {
		directives = plus(directives, m.directives(variable.Directives))
	}
	total.directives = plus(total.directives, directives)
	return total
}

func (m *measurer) selections(set ast.SelectionSet) measure {
	var total measure
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			total = total.and(m.field(selection))
		case *ast.InlineFragment:
			total = total.and(m.selections(selection.SelectionSet))
			total.directives = plus(total.directives, m.directives(selection.Directives))
		case *ast.FragmentSpread:
			total = total.and(m.fragment(selection.Name))
			total.directives = plus(total.directives, m.directives(selection.Directives))
		}
	}
	return total
}

// fragment measures a fragment once. One that contains itself counts as empty
// there, since validation refuses it.
func (m *measurer) fragment(name string) measure {
	known, met := m.fragments[name]
	if !met {
		m.fragments[name] = nil
		known = &measure{}
		if fragment := m.document.Fragments.ForName(name); fragment != nil {
			*known = m.selections(fragment.SelectionSet)
			known.directives = plus(known.directives, m.directives(fragment.Directives))
		}
		m.fragments[name] = known
	}
	if known == nil {
		return measure{}
	}
	return *known
}

func (m *measurer) directives(list ast.DirectiveList) int64 {
	if deferred := list.ForName("defer"); deferred != nil {
		err := requestError(audit.BadUserInput, "@defer is not supported: a response comes in one piece")
		err.Locations = locate(deferred.Position)
		m.errs = append(m.errs, err)
	}
	return int64(len(list))
}

func (m *measurer) field(field *ast.Field) measure {
	inner := m.selections(field.SelectionSet)
	total := measure{
		depth:      plus(inner.depth, 1),
		roots:      1,
		fields:     plus(inner.fields, 1),
		aliases:    inner.aliases,
		directives: plus(inner.directives, m.directives(field.Directives)),
	}
	if field.Alias != field.Name {
		total.aliases = plus(total.aliases, 1)
	}
	page, paged := m.page(field)
	if !isList(field) {
		if !paged {
			page = m.limits.ListSize
		}
		sent := int64(0)
		if m.mutation { // it answers for each item that it was sent
			sent = m.sent(field)
			page = max(page, sent)
		}
		total.fixed = plus(1+sent, inner.cost(page))
		return total
	}
	each := plus(1, inner.cost(m.limits.ListSize))
	asked := m.listed(field)
	switch {
	case paged:
		total.fixed = times(page, each)
	case asked > 0:
		total.fixed = times(max(asked, m.limits.ListSize), each)
	default:
		total.perPage = each
	}
	return total
}

func isList(field *ast.Field) bool {
	return field.Definition != nil && field.Definition.Type != nil && field.Definition.Type.Elem != nil
}

// most is where sums stop growing: the largest number that JSON readers hold exactly.
const most = 1<<53 - 1

func plus(a, b int64) int64 { return min(min(a, most)+min(b, most), most) }

func times(a, b int64) int64 {
	if a > 0 && b > most/a {
		return most
	}
	return a * b
}
