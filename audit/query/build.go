package query

import (
	"reflect"
	"slices"
	"time"
)

// AllOf returns what matches when every one of the nodes does, in its simplest
// form: nested conjunctions become one, ranges of time become their
// intersection, and what is repeated or always true is left out.
func AllOf(nodes ...Node) Node {
	var operands []Node
	ranged := -1
	for _, n := range spliced(nodes, func(n And) []Node { return n.Nodes }) {
		switch n := n.(type) {
		case nil, All:
		case None:
			return None{}
		case TimeRange:
			if ranged >= 0 {
				operands[ranged] = intersection(operands[ranged].(TimeRange), n)
				continue
			}
			ranged = len(operands)
			operands = append(operands, n)
		default:
			operands = appendNew(operands, n)
		}
	}
	switch len(operands) {
	case 0:
		return All{}
	case 1:
		return operands[0]
	}
	return And{Nodes: operands}
}

// AnyOf returns what matches when one of the nodes does, in its simplest form:
// nested disjunctions become one, and what is repeated or never true is left
// out. An operand that is always true stays beside the others, which say what
// to highlight.
func AnyOf(nodes ...Node) Node {
	var operands []Node
	for _, n := range spliced(nodes, func(n Or) []Node { return n.Nodes }) {
		switch n := n.(type) {
		case nil:
			operands = appendNew(operands, All{})
		case None:
		default:
			operands = appendNew(operands, n)
		}
	}
	switch len(operands) {
	case 0:
		return None{}
	case 1:
		return operands[0]
	}
	return Or{Nodes: operands}
}

// Negate returns what matches when the node does not.
func Negate(n Node) Node {
	switch n := n.(type) {
	case nil, All:
		return None{}
	case None:
		return All{}
	case Not:
		return n.Node
	}
	return Not{Node: n}
}

// spliced replaces every node of one kind by its operands, at any depth.
func spliced[T Node](nodes []Node, operands func(T) []Node) []Node {
	var flat []Node
	for _, n := range nodes {
		if nested, ok := n.(T); ok {
			flat = append(flat, spliced(operands(nested), operands)...)
			continue
		}
		flat = append(flat, n)
	}
	return flat
}

func appendNew(nodes []Node, n Node) []Node {
	if slices.ContainsFunc(nodes, func(known Node) bool { return Equal(known, n) }) {
		return nodes
	}
	return append(nodes, n)
}

// Equal reports whether two trees are the same, part by part.
func Equal(a, b Node) bool { return reflect.DeepEqual(a, b) }

func intersection(a, b TimeRange) TimeRange {
	return TimeRange{From: later(a.From, b.From), To: earlier(a.To, b.To)}
}

// later returns the later of two lower bounds; a zero one is open, and early anyway.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// earlier returns the earlier of two upper bounds; a zero one is open.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
