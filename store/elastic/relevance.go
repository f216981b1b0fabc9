package elastic

import (
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// ranked asks for what the filter finds, scored by the words that were sought.
// What matches and how well are two questions: filters and the caller's scope
// must not disturb the order.
func ranked(filter dsl.Query, where query.Node) dsl.Query {
	return dsl.Bool{Filter: []dsl.Query{filter}, Should: scoring(where, nil)}
}

// scoring appends a condition for each of the words that a tree looks for.
func scoring(where query.Node, words []dsl.Query) []dsl.Query {
	if len(words) >= maxLeaves {
		return words
	}
	switch n := where.(type) {
	case query.Words:
		return appendScoring(words, fieldWords, n.Tokens, n.Prefix)
	case query.FieldWords:
		if n.Field.Text() {
			return appendScoring(words, textField(n.Field), n.Tokens, n.Prefix)
		}
		return appendScoring(words, fieldWords, n.Tokens, n.Prefix)
	case query.And:
		for _, operand := range n.Nodes {
			words = scoring(operand, words)
		}
	case query.Or:
		for _, operand := range n.Nodes {
			words = scoring(operand, words)
		}
	}
	return words
}

// appendScoring scores words: an unfinished one by the fact that it is there, and
// a phrase with one by what it most likely becomes.
func appendScoring(words []dsl.Query, field string, tokens []string, prefix bool) []dsl.Query {
	if len(tokens) == 0 {
		return words
	}
	switch last := len(tokens) - 1; {
	case !prefix && last == 0:
		return append(words, dsl.Term{Field: field, Value: tokens[0]})
	case !prefix:
		return append(words, dsl.Phrase{Field: field, Words: tokens})
	case last == 0:
		return append(words, dsl.Prefix{Field: field, Value: tokens[0]})
	}
	return append(words, dsl.Phrase{Field: field, Words: tokens, Expansions: expansions})
}
