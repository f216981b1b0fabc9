package query

import (
	"cmp"
	"slices"
	"strings"
)

// Span is a part of a text, text[Start:End], in bytes.
type Span struct{ Start, End int }

// Highlight returns the parts of one string of a record that a tree finds
// there, in order and apart from each other; path is the string's path, as
// [Document] yields it. A phrase is one span, a word found by its beginning is
// highlighted whole, and a value found by its beginning only that far. What is
// negated or only has to be there is not highlighted.
func Highlight(n Node, path, text string) []Span {
	h := highlighter{path: path, text: text}
	h.visit(n)
	return merged(h.spans)
}

type highlighter struct {
	path, text string
	tokens     []string // of the text, once a node asks for them
	places     []Span   // of the tokens
	spans      []Span
}

func (h *highlighter) visit(n Node) {
	switch n := n.(type) {
	case And:
		for _, operand := range n.Nodes {
			h.visit(operand)
		}
	case Or:
		for _, operand := range n.Nodes {
			h.visit(operand)
		}
	case Words:
		h.phrase(n.Tokens, n.Prefix)
	case ExtraValue:
		h.value(n.Path == h.path, n.Value, n.Prefix)
	case Attribute:
		h.whole(holds(AttributeType, h.path) && slices.Contains(n.Types, h.text))
		h.whole(holds(AttributeID, h.path) && slices.Contains(n.IDs, h.text))
		h.whole(holds(AttributeOrgID, h.path) && slices.Contains(n.OrgIDs, h.text))
	default:
		h.visitField(n)
	}
}

func (h *highlighter) visitField(n Node) {
	switch n := n.(type) {
	case FieldWords:
		if holds(n.Field, h.path) {
			h.phrase(n.Tokens, n.Prefix)
		}
	case FieldValue:
		h.value(holds(n.Field, h.path), n.Value, n.Prefix)
	case Network:
		h.whole(holds(n.Field, h.path) && inNetwork(h.text, n.Prefix))
	case Exact:
		h.whole(holds(n.Field, h.path) && slices.Contains(n.Values, h.text))
	case ExactPrefix:
		if holds(n.Field, h.path) && strings.HasPrefix(h.text, n.Prefix) {
			h.add(0, len(n.Prefix))
		}
	}
}

// holds reports whether the string at a path is a value of a field. Generic
// events have other names for some.
func holds(field Field, path string) bool {
	if path == string(field) {
		return true
	}
	switch field {
	case AttributeType, AttributeID, AttributeOrgID, AttributeName:
		return path == "audit_attributes."+string(field)
	case OrgID:
		return path == "org"
	case UserID:
		return path == "sub"
	case TokenID:
		return path == "jti"
	}
	return false
}

func (h *highlighter) add(start, end int) {
	if start < end {
		h.spans = append(h.spans, Span{Start: start, End: end})
	}
}

func (h *highlighter) whole(matches bool) {
	if matches {
		h.add(0, len(h.text))
	}
}

func (h *highlighter) value(here bool, want string, prefix bool) {
	switch {
	case !here || !valueMatches(h.text, want, prefix):
	case prefix:
		h.add(0, foldWithOrigins(h.text).end(len(want)))
	default:
		h.whole(true)
	}
}

func (h *highlighter) phrase(phrase []string, prefix bool) {
	if h.tokens == nil {
		h.tokens, h.places = tokenSpans(h.text)
	}
	for at := 0; at+len(phrase) <= len(h.tokens); at++ {
		if phraseBegins(h.tokens[at:], phrase, prefix) {
			h.add(h.places[at].Start, h.places[at+len(phrase)-1].End)
		}
	}
}

// merged sorts spans and joins those that meet.
func merged(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Or(a.Start-b.Start, a.End-b.End) })
	var apart []Span
	for _, span := range spans {
		if last := len(apart) - 1; last >= 0 && span.Start <= apart[last].End {
			apart[last].End = max(apart[last].End, span.End)
			continue
		}
		apart = append(apart, span)
	}
	return apart
}
