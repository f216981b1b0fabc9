package sqlite

import (
	"slices"
	"strings"
)

// expr is a question to the index, in its simplest form: nothing, everything,
// a phrase, or a combination in which neither nothing nor everything occurs.
type expr struct {
	op     op
	phrase string // of FTS5's query language
	nodes  []expr
}

type op uint8

const (
	opNone op = iota
	opAll
	opPhrase
	opAnd
	opOr
	opNot // of its one node
)

var (
	nothing    = expr{op: opNone}
	everything = expr{op: opAll}
)

func phrase(text string) expr { return expr{op: opPhrase, phrase: text} }

// term asks for one of the index's own terms.
func term(name string) expr { return phrase(quoted(name)) }

func allOf(operands ...expr) expr { return combine(opAnd, opAll, opNone, operands) }

func anyOf(operands ...expr) expr { return combine(opOr, opNone, opAll, operands) }

// combine joins operands; neutral ones vanish, a deciding one decides, and
// those of the same operation are taken apart.
func combine(operation, neutral, deciding op, operands []expr) expr {
	var kept []expr
	for _, e := range operands {
		switch e.op {
		case neutral:
		case deciding:
			return e
		case operation:
			kept = append(kept, e.nodes...)
		default:
			kept = append(kept, e)
		}
	}
	switch len(kept) {
	case 0:
		return expr{op: neutral}
	case 1:
		return kept[0]
	}
	return expr{op: operation, nodes: kept}
}

func not(e expr) expr {
	switch e.op {
	case opNone:
		return everything
	case opAll:
		return nothing
	case opNot:
		return e.nodes[0]
	}
	return expr{op: opNot, nodes: []expr{e}}
}

// demands reports whether a record must have some term to be found.
func (e expr) demands() bool {
	switch e.op {
	case opAll, opNot:
		return false
	case opAnd:
		return slices.ContainsFunc(e.nodes, expr.demands)
	case opOr:
		return !slices.ContainsFunc(e.nodes, func(operand expr) bool { return !operand.demands() })
	}
	return true
}

// text writes the question in FTS5's query language, in which every is how it is
// asked for all records. In it NOT needs something to take away from, so that a
// conjunction takes all that it denies away from all that it demands. Nothing has
// no form of its own.
func (e expr) text(every string) string {
	switch e.op {
	case opPhrase:
		return e.phrase
	case opOr:
		return e.joined(e.nodes, " OR ", every)
	case opAnd:
		var demanded, denied []expr
		for _, operand := range e.nodes {
			if operand.op == opNot {
				denied = append(denied, operand.nodes[0])
				continue
			}
			demanded = append(demanded, operand)
		}
		return e.taken(demanded, denied, every)
	case opNot:
		return e.taken(nil, e.nodes, every)
	}
	return every
}

func (e expr) taken(demanded, denied []expr, every string) string {
	text := every
	if len(demanded) > 0 {
		text = e.joined(demanded, " AND ", every)
	}
	if len(denied) == 0 {
		return text
	}
	return "(" + text + ") NOT (" + anyOf(denied...).text(every) + ")"
}

func (expr) joined(nodes []expr, operator, every string) string {
	var b strings.Builder
	for i, node := range nodes {
		if i > 0 {
			b.WriteString(operator)
		}
		if node.op == opPhrase {
			b.WriteString(node.phrase)
			continue
		}
		b.WriteString("(" + node.text(every) + ")")
	}
	return b.String()
}
