package server

import (
	"encoding/json"
	"strconv"

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
	fragments map[string]*measure // nil while a fragment is being measured
	errs      gqlerror.List
}

func newMeasurer(limits Limits, document *ast.QueryDocument, variables map[string]any) *measurer {
	return &measurer{limits: limits, document: document, variables: variables, fragments: map[string]*measure{}}
}

func (m *measurer) operation(op *ast.OperationDefinition) measure {
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
		total.fixed = plus(1, inner.cost(page))
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

// page returns the page size that a field asks for, and whether it is one that
// has pages.
func (m *measurer) page(field *ast.Field) (size int64, paged bool) {
	if field.Definition == nil {
		return 0, false
	}
	given := false
	for _, name := range []string{"first", "last"} {
		definition := field.Definition.Arguments.ForName(name)
		if definition == nil {
			continue
		}
		paged = true
		asked, ok := m.number(field.Arguments.ForName(name), definition.DefaultValue)
		if !ok {
			continue
		}
		if asked > m.limits.PageSize {
			m.errs = append(m.errs, pageTooLarge(field, name, m.limits.PageSize))
		}
		given = true
		size = max(size, asked)
	}
	if paged && !given {
		size = m.limits.DefaultPage
	}
	return max(size, 1), paged
}

func pageTooLarge(field *ast.Field, argument string, maximum int64) *gqlerror.Error {
	err := requestError(audit.BadUserInput, "%s: %s may be at most %d", field.Name, argument, maximum)
	err.Locations = locate(field.Position)
	return err
}

func (m *measurer) number(argument *ast.Argument, otherwise *ast.Value) (int64, bool) {
	value := otherwise
	if argument != nil {
		value = argument.Value
	}
	if value == nil {
		return 0, false
	}
	switch value.Kind {
	case ast.Variable:
		given, ok := m.variables[value.Raw]
		if !ok && argument != nil && otherwise != nil {
			return m.number(nil, otherwise)
		}
		return wholeNumber(given)
	case ast.IntValue:
		return parseNumber(value.Raw)
	default:
		return 0, false
	}
}

// listed returns the length of the longest list among a field's arguments, such
// as the ids of nodes(ids:).
func (m *measurer) listed(field *ast.Field) int64 {
	var longest int64
	for _, argument := range field.Arguments {
		if argument.Value == nil {
			continue
		}
		switch argument.Value.Kind {
		case ast.ListValue:
			longest = max(longest, int64(len(argument.Value.Children)))
		case ast.Variable:
			if list, ok := m.variables[argument.Value.Raw].([]any); ok {
				longest = max(longest, int64(len(list)))
			}
		}
	}
	return longest
}

// wholeNumber reads a variable's value in any form that coercion lets through.
func wholeNumber(value any) (int64, bool) {
	switch value := value.(type) {
	case int64:
		return value, true
	case int:
		return int64(value), true
	case float64:
		return int64(min(value, most)), true
	case json.Number:
		return parseNumber(value.String())
	case string:
		return parseNumber(value)
	default:
		return 0, false
	}
}

func parseNumber(digits string) (int64, bool) {
	number, err := strconv.ParseInt(digits, 10, 64)
	if err != nil && number == 0 {
		return 0, false
	}
	return number, true // out of range it is the largest there is, which is over every limit
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
