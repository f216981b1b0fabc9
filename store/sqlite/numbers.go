package sqlite

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Each number of a format has a column, so that a range of it is a condition on the
// row, and an index in the order of (number, time), which is that of lists.

// bound is what is asked of a number: least <= number <= most.
type bound struct{ least, most int64 }

var unbounded = bound{math.MinInt64, math.MaxInt64}

// within is the condition that holds a row's numbers to their bounds.
func (l *layout) within() string {
	var text strings.Builder
	for i := range l.Numbers {
		fmt.Fprintf(&text, " AND r.n%d BETWEEN ? AND ?", i)
	}
	return text.String()
}

// appendBounds appends the arguments of within.
func (l *layout) appendBounds(args []any, bounds []bound) []any {
	for i := range l.Numbers {
		b := unbounded
		if bounds != nil {
			b = bounds[i]
		}
		args = append(args, b.least, b.most)
	}
	return args
}

// withoutNumbers takes those ranges of numbers out of a tree that every match lies
// in, and returns what is asked of the index in their place: that there is a number.
func (c compiler) withoutNumbers(where query.Node) (query.Node, []bound, expr) {
	operands := []query.Node{where}
	if and, ok := where.(query.And); ok {
		operands = and.Nodes
	}
	var rest []query.Node
	var bounds []bound
	present := everything
	for _, operand := range operands {
		n := rangeOf(operand)
		column := c.terms.column(n.Field)
		if column < 0 {
			rest = append(rest, operand)
			continue
		}
		if bounds == nil {
			bounds = make([]bound, len(c.terms.Numbers))
			for i := range bounds {
				bounds[i] = unbounded
			}
		}
		bounds[column] = bounds[column].intersect(n)
		present = allOf(present, c.has(n.Field))
	}
	if bounds == nil {
		return where, nil, everything
	}
	return query.AllOf(rest...), bounds, present
}

// rangeOf returns the range of numbers that a condition asks for; one of no field
// when it asks for something else.
func rangeOf(n query.Node) query.NumberRange {
	var one string
	var field query.Field
	switch n := n.(type) {
	case query.NumberRange:
		return n
	case query.Exact:
		if len(n.Values) == 1 {
			field, one = n.Field, n.Values[0]
		}
	case query.FieldValue:
		if !n.Prefix {
			field, one = n.Field, n.Value
		}
	}
	number, ok := decimal(one)
	if !ok || number == math.MaxInt64 {
		return query.NumberRange{}
	}
	most := number + 1
	return query.NumberRange{Field: field, Min: &number, Max: &most}
}

func (b bound) intersect(n query.NumberRange) bound {
	if n.Min != nil {
		b.least = max(b.least, *n.Min)
	}
	switch {
	case n.Max == nil:
	case *n.Max == math.MinInt64:
		b = bound{0, -1}
	default:
		b.most = min(b.most, *n.Max-1)
	}
	return b
}

// headTells reports whether a row's head is enough to know whether it matches.
func (l *layout) headTells(where query.Node) bool {
	switch n := where.(type) {
	case query.And:
		return l.headTellsAll(n.Nodes)
	case query.Or:
		return l.headTellsAll(n.Nodes)
	case query.Not:
		return l.headTells(n.Node)
	case nil, query.All, query.None, query.TimeRange, query.Attribute:
		return true
	case query.FieldWords:
		return l.inHead[n.Field]
	case query.FieldValue:
		return l.inHead[n.Field]
	case query.Has:
		return l.inHead[n.Field]
	case query.Network:
		return l.inHead[n.Field]
	case query.Exact:
		return l.inHead[n.Field]
	case query.ExactPrefix:
		return l.inHead[n.Field]
	case query.NumberRange:
		return l.inHead[n.Field]
	}
	return false
}

func (l *layout) headTellsAll(nodes []query.Node) bool {
	for _, n := range nodes {
		if !l.headTells(n) {
			return false
		}
	}
	return true
}

// numbersOf returns the numbers of a row, which may have one in each of their fields.
func (l *layout) numbersOf(r *audit.Record) ([]int64, error) {
	numbers := make([]int64, len(l.Numbers))
	for i, field := range l.Numbers {
		values := r.Values(field)
		if len(values) == 0 {
			continue
		}
		var err error
		if numbers[i], err = wholeNumber(values); err != nil {
			return nil, audit.Invalid(string(field), "%v", err)
		}
	}
	return numbers, nil
}

func wholeNumber(values []string) (int64, error) {
	if len(values) > 1 {
		return 0, fmt.Errorf("has %d values, and can have one", len(values))
	}
	n, ok := decimal(values[0])
	if !ok {
		return 0, fmt.Errorf("%.50q is no whole number", values[0])
	}
	return n, nil
}

// decimal reads a whole number that is written in the one way there is, so that equal
// numbers are equal values.
func decimal(text string) (n int64, ok bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == text
}
