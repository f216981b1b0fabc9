package node

import "github.com/authtrail/authtrail/audit/query"

// Highlight is a string in which a search found something.
type Highlight struct {
	Path  string
	Parts []HighlightPart
}

// HighlightPart is a part of it.
type HighlightPart struct {
	Text    string
	Matched bool
}

// Highlights are the strings in which a search, or else what found the record,
// finds something.
func (r row) Highlights(search *string) ([]Highlight, error) {
	tree := r.rows.search
	if search != nil {
		parsed, err := r.parsed(*search)
		if err != nil {
			return nil, err
		}
		tree = parsed
	}
	if tree == nil {
		return nil, nil
	}
	var found []Highlight
	for path, text := range r.record().Document().Strings() {
		if spans := query.Highlight(tree, path, text); len(spans) > 0 {
			found = append(found, Highlight{Path: path, Parts: partsOf(text, spans)})
		}
	}
	return found, nil
}

// parsed is the tree of a search, which siblings share.
func (r row) parsed(search string) (query.Node, error) {
	return once(&r.rows.memo, "highlights "+search, func() (query.Node, error) {
		return query.Parse(search, r.rows.reader.Now())
	})
}

func partsOf(text string, spans []query.Span) []HighlightPart {
	var parts []HighlightPart
	add := func(part string, matched bool) {
		if part != "" {
			parts = append(parts, HighlightPart{Text: part, Matched: matched})
		}
	}
	at := 0
	for _, span := range spans {
		add(text[at:span.Start], false)
		add(text[span.Start:span.End], true)
		at = span.End
	}
	add(text[at:], false)
	return parts
}
