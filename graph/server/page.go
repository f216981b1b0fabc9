package server

import (
	"encoding/json"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/authtrail/authtrail/audit"
)

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
	err.Extensions["field"] = argument
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

// sent returns how many items the lists of a field's arguments have together, such
// as the events of a bulk. What is in an item is the item's own affair.
func (m *measurer) sent(field *ast.Field) int64 {
	var items int64
	for _, argument := range field.Arguments {
		items = plus(items, m.itemsOf(argument.Value))
	}
	return items
}

func (m *measurer) itemsOf(value *ast.Value) int64 {
	if value == nil {
		return 0
	}
	if value.Kind == ast.Variable {
		return itemsIn(m.variables[value.Raw])
	}
	if value.Kind == ast.ListValue {
		return int64(len(value.Children))
	}
	var items int64
	for _, child := range value.Children {
		items = plus(items, m.itemsOf(child.Value))
	}
	return items
}

func itemsIn(value any) int64 {
	var items int64
	switch value := value.(type) {
	case []any:
		return int64(len(value))
	case map[string]any:
		for _, item := range value {
			items = plus(items, itemsIn(item))
		}
	}
	return items
}

// wholeNumber reads a variable's value in any form that coercion lets through.
func wholeNumber(value any) (int64, bool) {
	switch value := value.(type) {
	case int64:
		return value, true
	case int:
		return int64(value), true
	case float64:
		return int64(max(-most, min(value, most))), true
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
