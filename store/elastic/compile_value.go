package elastic

import (
	"slices"
	"unicode/utf8"

	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// exactValues answers for the records that hold one of the values, byte by byte.
func exactValues(n query.Exact) answer {
	values := make([]string, 0, len(n.Values))
	for _, value := range n.Values {
		if utf8.ValidString(value) {
			values = append(values, shortened(value))
		}
	}
	return exactly(anyValue(exactField(n.Field), values))
}

// anyValue asks for one of some keywords.
func anyValue(field string, keywords []string) dsl.Query {
	if len(keywords) == 1 {
		return dsl.Term{Field: field, Value: keywords[0]}
	}
	var parts []dsl.Query
	for part := range slices.Chunk(keywords, maxValues) {
		parts = append(parts, dsl.Terms{Field: field, Values: part})
	}
	return dsl.AnyOf(parts...)
}

func exactPrefix(n query.ExactPrefix) answer {
	switch {
	case n.Prefix == "": // every value begins so, the empty one too
		return exactly(dsl.Exists{Field: exactField(n.Field)})
	case !utf8.ValidString(n.Prefix): // it may end inside a rune
		return atMost(dsl.Exists{Field: exactField(n.Field)})
	}
	return prefixed(n.Prefix, exactField(n.Field))
}

// maxPrefix is how many bytes of a prefix the engine takes. Keywords have more.
const maxPrefix = 1_000

// prefixed answers for keywords that begin so in one of some fields. Of a long
// prefix the rest is verified.
func prefixed(prefix string, fields ...string) answer {
	begin := prefix[:runeAtOrBefore(prefix, min(len(prefix), maxPrefix))]
	found := make([]dsl.Query, len(fields))
	for i, field := range fields {
		found[i] = dsl.Prefix{Field: field, Value: begin}
	}
	if len(begin) < len(prefix) {
		return atMost(dsl.AnyOf(found...))
	}
	return exactly(dsl.AnyOf(found...))
}

// foldedValue answers for a folded value. A value that folding leaves as it is
// is kept only once, among the exact ones.
func foldedValue(n query.FieldValue) answer {
	folded, exact := foldedField(n.Field), exactField(n.Field)
	switch {
	case n.Prefix && n.Value == "":
		return exactly(has(n.Field))
	case n.Prefix && !utf8.ValidString(n.Value): // it may end inside a rune
		return atMost(has(n.Field))
	case query.Fold(n.Value) != n.Value: // no folded value can equal it
		return exactly(dsl.None{})
	case n.Prefix:
		return prefixed(n.Value, exact, folded)
	}
	return exactly(dsl.AnyOf(term(exact, n.Value), term(folded, n.Value)))
}

func extraValue(n query.ExtraValue) answer {
	switch {
	case !utf8.ValidString(n.Path):
		return exactly(dsl.None{})
	case n.Prefix && n.Value == "":
		return exactly(hasExtra(n.Path))
	case n.Prefix && !utf8.ValidString(n.Value): // it may end inside a rune
		return atMost(hasExtra(n.Path))
	case query.Fold(n.Value) != n.Value:
		return exactly(dsl.None{})
	case n.Prefix:
		return prefixed(extraTerm(n.Path, n.Value), fieldExtra)
	}
	return exactly(term(fieldExtra, extraTerm(n.Path, n.Value)))
}

func numberRange(n query.NumberRange) dsl.Query {
	if n.Min == nil && n.Max == nil {
		return dsl.Exists{Field: numberField(n.Field)}
	}
	asked := dsl.Range{Field: numberField(n.Field)}
	if n.Min != nil {
		asked.From = *n.Min
	}
	if n.Max != nil {
		asked.To = *n.Max
	}
	return asked
}

// attribute answers for one attribute that fulfils all that is set: any of the
// combinations of what is wanted.
func attribute(n query.Attribute) answer {
	types, ids, orgs := wanted(n.Types), wanted(n.IDs), wanted(n.OrgIDs)
	if len(types)*len(ids)*len(orgs) > maxValues {
		return atMost(dsl.Term{Field: fieldAttribute, Value: attributeTerm(nil, nil, nil)})
	}
	var terms []string
	for _, kind := range types {
		for _, id := range ids {
			for _, org := range orgs {
				terms = append(terms, attributeTerm(kind, id, org))
			}
		}
	}
	return exactly(anyValue(fieldAttribute, terms))
}

// wanted returns what an attribute's member may be: anything, where nothing is set.
func wanted(values []string) []*string {
	if len(values) == 0 {
		return []*string{nil}
	}
	found := make([]*string, len(values))
	for i := range values {
		found[i] = &values[i]
	}
	return found
}
