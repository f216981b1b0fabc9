package elastic

import (
	"time"
	"unicode/utf8"

	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// answer is what the engine can say about a tree: every record that matches is
// in over, and every record in under matches. Where the two are the same the
// engine knows, and nothing has to be verified on the record.
type answer struct {
	over, under dsl.Query
	exact       bool
}

func exactly(q dsl.Query) answer { return answer{over: q, under: q, exact: true} }

func atMost(q dsl.Query) answer { return answer{over: q, under: dsl.None{}} }

func (a answer) not() answer {
	return answer{over: dsl.Not(a.under), under: dsl.Not(a.over), exact: a.exact}
}

// The engine's limits, with room for what surrounds a tree. What lies beyond
// them is verified on the records.
const (
	maxNesting = 20     // of 30
	maxLeaves  = 1_000  // of at least 1,024 clauses
	maxValues  = 60_000 // of one clause, of 65,536
)

// compiler turns trees into conditions.
type compiler struct {
	format     *format
	leavesLeft int
}

// compile returns what the engine can say about a tree.
func (f *format) compile(where query.Node) answer {
	c := compiler{f, maxLeaves}
	return c.compile(where, 0)
}

func (c *compiler) compile(n query.Node, depth int) answer {
	switch n := n.(type) {
	case nil, query.All:
		return exactly(dsl.All{})
	case query.None:
		return exactly(dsl.None{})
	case query.And:
		return c.combined(n.Nodes, depth, dsl.AllOf)
	case query.Or:
		return c.combined(n.Nodes, depth, dsl.AnyOf)
	case query.Not:
		return c.compile(n.Node, depth+1).not()
	}
	c.leavesLeft -= leavesOf(n)
	if c.leavesLeft < 0 || depth > maxNesting {
		return atMost(dsl.All{})
	}
	return c.leaf(n)
}

func (c *compiler) combined(nodes []query.Node, depth int, combine func(...dsl.Query) dsl.Query) answer {
	over, under := make([]dsl.Query, len(nodes)), make([]dsl.Query, len(nodes))
	exact := true
	for i, node := range nodes {
		a := c.compile(node, depth+1)
		over[i], under[i] = a.over, a.under
		exact = exact && a.exact
	}
	return answer{over: combine(over...), under: combine(under...), exact: exact}
}

// leavesOf is how many of the engine's clauses a leaf becomes, at most.
func leavesOf(n query.Node) int {
	switch n := n.(type) {
	case query.Words:
		return 1 + len(n.Tokens)
	case query.FieldWords:
		return 1 + len(n.Tokens)
	}
	return 2
}

func (c *compiler) leaf(n query.Node) answer {
	if field, has := fieldOf(n); has && !c.format.known[field] {
		return exactly(dsl.None{})
	}
	switch n := n.(type) {
	case query.Words:
		return words(fieldWords, n.Tokens, n.Prefix)
	case query.FieldWords:
		return c.wordsInField(n)
	case query.FieldValue:
		return foldedValue(n)
	case query.ExtraValue:
		return extraValue(n)
	case query.Has:
		return exactly(has(n.Field))
	case query.HasExtra:
		return exactly(hasExtra(n.Path))
	case query.Network:
		return network(n)
	case query.TimeRange:
		return exactly(timeRange(n.From, n.To))
	case query.Exact:
		return exactValues(n)
	case query.ExactPrefix:
		return exactPrefix(n)
	case query.NumberRange:
		return exactly(numberRange(n))
	case query.Attribute:
		return attribute(n)
	}
	return atMost(dsl.All{})
}

// fieldOf returns the field that a leaf asks about, where it asks about one.
func fieldOf(n query.Node) (query.Field, bool) {
	switch n := n.(type) {
	case query.FieldWords:
		return n.Field, true
	case query.FieldValue:
		return n.Field, true
	case query.Has:
		return n.Field, true
	case query.Network:
		return n.Field, true
	case query.Exact:
		return n.Field, true
	case query.ExactPrefix:
		return n.Field, true
	case query.NumberRange:
		return n.Field, true
	}
	return "", false
}

// expansions is how many words a phrase's unfinished word may become. The
// engine's time grows with their square: it took minutes with 80,000.
const expansions = 1_000

// words answers for words that stand next to each other in a field of text. A
// phrase with an unfinished word is verified: there is no limit to what it may
// become, and which of that the engine tries is not the same each time.
func words(field string, tokens []string, prefix bool) answer {
	last := len(tokens) - 1
	switch {
	case last < 0:
		return exactly(dsl.None{})
	case !prefix && last == 0:
		return exactly(dsl.Term{Field: field, Value: tokens[0]})
	case !prefix:
		return exactly(dsl.Phrase{Field: field, Words: tokens})
	case last == 0:
		return exactly(dsl.Prefix{Field: field, Value: tokens[0]})
	}
	begun := dsl.Prefix{Field: field, Value: tokens[last]}
	return answer{
		over:  dsl.AllOf(words(field, tokens[:last], false).over, begun),
		under: dsl.Phrase{Field: field, Words: tokens, Expansions: expansions},
	}
}

// wordsInField answers for words inside a field. Of those that hold no prose
// the words are kept only among all of the record's, where those of the sender's
// own org are not, nor those of what was worked out of a row.
func (c *compiler) wordsInField(n query.FieldWords) answer {
	switch {
	case n.Field.Text():
		return words(textField(n.Field), n.Tokens, n.Prefix)
	case len(n.Tokens) == 0:
		return exactly(dsl.None{})
	case n.Field == query.OrgID || c.format.replaced():
		return atMost(has(n.Field))
	}
	return atMost(words(fieldWords, n.Tokens, n.Prefix).over)
}

func has(field query.Field) dsl.Query { return dsl.Term{Field: fieldHas, Value: string(field)} }

// hasExtra asks for the records with a value at a path of the additional properties.
func hasExtra(path string) dsl.Query {
	return term(fieldExtraPath, path)
}

// term asks for a value byte by byte. What is no UTF-8 cannot be in a record,
// and would be sent as something else.
func term(field, value string) dsl.Query {
	if !utf8.ValidString(value) {
		return dsl.None{}
	}
	return dsl.Term{Field: field, Value: shortened(value)}
}

// Times are asked for to the nanosecond.
const (
	timeFormat = "2006-01-02T15:04:05.000000000Z"
	timeParser = "strict_date_optional_time_nanos" // the engine's name of it
)

// The times that the engine takes, which are those that records have.
var (
	firstTime = time.Unix(0, 0).UTC()
	endOfTime = time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC)
)

func timeText(at time.Time) string { return at.UTC().Format(timeFormat) }

// timeRange asks for from <= time < to; a zero bound is open. The engine is given
// both bounds: its date histogram fails on a range of date_nanos without a lower one.
func timeRange(from, to time.Time) dsl.Query {
	if from.Before(firstTime) {
		from = firstTime
	}
	if to.IsZero() || to.After(endOfTime) {
		to = endOfTime
	}
	switch {
	case !from.Before(to):
		return dsl.None{}
	case from.Equal(firstTime) && to.Equal(endOfTime):
		return dsl.All{}
	}
	return dsl.Range{Field: fieldTime, From: timeText(from), To: timeText(to)}
}
