package sqlite

import (
	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// answer is what the index can say about a tree: every record that matches is
// in over, and every record in under matches. Where the two are the same the
// index knows, and nothing has to be verified on the record.
type answer struct {
	over, under expr
	exact       bool
}

func exactly(e expr) answer { return answer{over: e, under: e, exact: true} }

func atMost(e expr) answer { return answer{over: e, under: nothing} }

// unknown is the answer when the index cannot help.
var unknown = atMost(everything)

// maxNesting is how deep a tree may be for the index, whose parser has a limit;
// what lies deeper is verified.
const maxNesting = 24

// compiler turns trees into questions to the index.
type compiler struct {
	terms termMaker    // of which it knows the layout
	kinds []audit.Kind // the kinds that the whole query is about

	networksLeft *int // how many more networks may be asked for
}

func (c compiler) compile(n query.Node, depth int) answer {
	if depth > maxNesting {
		return unknown
	}
	switch n := n.(type) {
	case nil, query.All:
		return exactly(everything)
	case query.None:
		return exactly(nothing)
	case query.And:
		return c.combined(n.Nodes, depth, allOf)
	case query.Or:
		return c.combined(n.Nodes, depth, anyOf)
	case query.Not:
		a := c.compile(n.Node, depth+1)
		return answer{over: not(a.under), under: not(a.over), exact: a.exact}
	}
	return c.leaf(n)
}

func (c compiler) combined(nodes []query.Node, depth int, combine func(...expr) expr) answer {
	over, under := make([]expr, len(nodes)), make([]expr, len(nodes))
	exact := true
	for i, node := range nodes {
		a := c.compile(node, depth+1)
		over[i], under[i] = a.over, a.under
		exact = exact && a.exact
	}
	return answer{over: combine(over...), under: combine(under...), exact: exact}
}

func (c compiler) leaf(n query.Node) answer {
	switch n := n.(type) {
	case query.Words:
		return exactly(c.words(n.Tokens, n.Prefix))
	case query.FieldWords:
		return c.valueWords(n.Field, c.words(n.Tokens, n.Prefix))
	case query.FieldValue:
		return c.fieldValue(n)
	case query.ExtraValue:
		return c.extraValue(n)
	case query.Has:
		return exactly(c.has(n.Field))
	case query.HasExtra:
		return exactly(c.hasExtra(n.Path))
	case query.Network:
		return c.network(n)
	case query.Exact:
		return c.anyValue(n.Field, n.Values)
	case query.ExactPrefix:
		return c.exactPrefix(n)
	case query.Attribute:
		return c.attribute(n)
	}
	return unknown // a range of time beside which others stand, or what is not known here
}

// words asks for words that stand next to each other in one string: one whose
// words are in the index, or one that has a code.
func (c compiler) words(tokens []string, prefix bool) expr {
	if len(tokens) == 0 {
		return nothing
	}
	said := phrase(quoted(tokens...))
	if prefix {
		said = phrase(quoted(tokens...) + "*")
	}
	return anyOf(append(c.terms.codes.where(func(c *code) bool { return c.holds(tokens, prefix) }), said)...)
}

// valueWords answers for words inside a field: they are among the record's
// words, if the field's value is one of the event's strings.
func (c compiler) valueWords(field query.Field, words expr) answer {
	if words.op == opNone {
		return exactly(nothing)
	}
	f, known := c.terms.field(field)
	switch {
	case !known:
		return exactly(nothing)
	case f.own && !f.byWords, field == query.OrgID: // it may be the sender's own, which the event does not hold
		return atMost(c.has(field))
	}
	return atMost(anyOf(words, c.apart(f)))
}

// apart asks for the rows that do not say each of the field's values in a string, as events do.
func (c compiler) apart(f *indexedField) expr {
	if !c.terms.rows {
		return nothing
	}
	return term(apartTerm + f.code)
}

// has asks for the records with a value in the field that is not empty.
func (c compiler) has(field query.Field) expr {
	f, known := c.terms.field(field)
	if !known {
		return nothing
	}
	var lacking []expr
	for _, kind := range c.kinds {
		if f.expected[kind] {
			lacking = append(lacking, allOf(term(kindOf(kind)), not(term(lackTerm+f.code))))
		}
	}
	if len(lacking) == len(c.kinds) {
		return not(term(lackTerm + f.code))
	}
	return anyOf(append(lacking, term(hasTerm+f.code))...)
}

// anyValue answers for the records that hold one of the values, byte by byte.
func (c compiler) anyValue(field query.Field, values []string) answer {
	number := c.terms.number(field)
	if number < 0 {
		return exactly(nothing)
	}
	if c.terms.fields[number].number {
		return atMost(c.has(field))
	}
	found, exact := make([]expr, len(values)), true
	for i, value := range values {
		found[i] = c.terms.valueTerm(number, value)
		if c.terms.fields[number].byWords {
			if words := idWords(value); len(words) > 0 {
				found[i], exact = anyOf(allWords(words), found[i]), false
			}
		}
	}
	if exact {
		return exactly(anyOf(found...))
	}
	return atMost(anyOf(found...))
}

func allWords(tokens []string) expr {
	all := make([]expr, len(tokens))
	for i, token := range tokens {
		all[i] = phrase(quoted(token))
	}
	return allOf(all...)
}

func (c compiler) fieldValue(n query.FieldValue) answer {
	f, known := c.terms.field(n.Field)
	switch {
	case !known, query.Fold(n.Value) != n.Value: // no folded value can equal it
		return exactly(nothing)
	case n.Prefix && n.Value == "":
		return exactly(c.has(n.Field))
	case f.number:
		return atMost(c.has(n.Field))
	case n.Prefix:
		return c.valuePrefix(n.Field, n.Value)
	case f.byWords, f.prose:
		return c.foldedWords(n, f)
	}
	return exactly(anyOf(append(c.foldedCodes(n.Field, n.Value),
		term(c.terms.hashed(f.exact, n.Value)),
		term(c.terms.hashed(f.folded, n.Value)))...))
}

// foldedCodes asks for the field's values with a code that fold to a value.
func (c compiler) foldedCodes(field query.Field, folded string) []expr {
	number := c.terms.number(field)
	return c.terms.codes.where(func(c *code) bool { return c.field == number && c.folded == folded })
}

// foldedWords answers for a folded value of a field that has no folded terms:
// whatever folds to it has its words.
func (c compiler) foldedWords(n query.FieldValue, f *indexedField) answer {
	words := idWords(n.Value)
	switch {
	case len(words) > 0:
		return atMost(anyOf(append(c.foldedCodes(n.Field, n.Value), allWords(words), c.apart(f))...))
	case n.Value == "":
		return atMost(anyOf(c.has(n.Field), term(c.terms.hashed(f.exact, ""))))
	}
	return atMost(c.has(n.Field))
}

// hasExtra asks for the records with a value at a path of the additional properties.
func (c compiler) hasExtra(path string) expr {
	present := term(c.terms.hashed(pathTerm, path))
	if c.alsoField(path) {
		return anyOf(present, c.has(query.Field(path)))
	}
	return present
}

func (c compiler) extraValue(n query.ExtraValue) answer {
	switch {
	case query.Fold(n.Value) != n.Value:
		return exactly(nothing)
	case n.Prefix && n.Value == "":
		return exactly(c.hasExtra(n.Path))
	case n.Prefix:
		return atMost(c.hasExtra(n.Path))
	}
	found := term(c.terms.hashed(extraTerm, n.Path, n.Value))
	if c.alsoField(n.Path) {
		field := c.fieldValue(query.FieldValue{Field: query.Field(n.Path), Value: n.Value})
		return answer{over: anyOf(found, field.over), under: anyOf(found, field.under), exact: field.exact}
	}
	return exactly(found)
}

// alsoField reports whether an event's additional property may be found as a field.
func (c compiler) alsoField(path string) bool { return !c.terms.rows && alsoField(path) }
