package query

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

func (n And) String() string { return joined(n.Nodes, " ", "*") }
func (n Or) String() string  { return joined(n.Nodes, " OR ", "-*") }
func (n Not) String() string { return "-" + operand(n.Node, "-") }
func (All) String() string   { return "*" }
func (None) String() string  { return "-*" }

func (n Words) String() string { return phraseText(n.Tokens, n.Prefix) }

func (n FieldWords) String() string {
	return string(n.Field) + ":" + phraseText(n.Tokens, n.Prefix)
}

func (n FieldValue) String() string {
	if n.Field == SourceIP && strings.Contains(n.Value, "/") {
		return string(n.Field) + ":" + quoted(n.Value) + star(n.Prefix) // outside quotes it would have to be a network
	}
	return string(n.Field) + ":" + valueText(n.Value, n.Prefix)
}

func (n ExtraValue) String() string {
	return extraPrefix + escaped(n.Path) + ":" + valueText(n.Value, n.Prefix)
}

func (n Has) String() string      { return "has:" + string(n.Field) }
func (n HasExtra) String() string { return "has:" + extraPrefix + escaped(n.Path) }

func (n Network) String() string {
	if n.Prefix.IsSingleIP() {
		return string(n.Field) + ":" + n.Prefix.Addr().String()
	}
	return string(n.Field) + ":" + n.Prefix.String()
}

func (n TimeRange) String() string {
	var bounds []string
	if !n.From.IsZero() {
		bounds = append(bounds, "time:>="+timeText(n.From))
	}
	if !n.To.IsZero() {
		bounds = append(bounds, "time:<"+timeText(n.To))
	}
	if len(bounds) == 0 {
		return All{}.String()
	}
	return strings.Join(bounds, " ")
}

func (n Exact) String() string { return string(n.Field) + "=" + listText(n.Values) }

func (n ExactPrefix) String() string { return string(n.Field) + "^=" + strconv.Quote(n.Prefix) }

func (n Attribute) String() string {
	var parts []string
	for _, part := range []struct {
		name   string
		values []string
	}{{"type", n.Types}, {"id", n.IDs}, {"org_id", n.OrgIDs}} {
		if len(part.values) > 0 {
			parts = append(parts, part.name+"="+listText(part.values))
		}
	}
	return "attribute(" + strings.Join(parts, " ") + ")"
}

// joined prints operands; with none, it prints what an empty list means.
func joined(nodes []Node, separator, empty string) string {
	if len(nodes) == 0 {
		return empty
	}
	texts := make([]string, len(nodes))
	for i, n := range nodes {
		texts[i] = operand(n, separator)
	}
	return strings.Join(texts, separator)
}

// operand prints a node beside an operator, in parentheses where it would
// otherwise fall apart, or would be hard to read.
func operand(n Node, operator string) string {
	switch n := n.(type) {
	case nil:
		return All{}.String()
	case And, Or:
		return "(" + n.String() + ")"
	case Not:
		if operator == "-" {
			return "(" + n.String() + ")"
		}
	case TimeRange:
		if operator != " " && !n.From.IsZero() && !n.To.IsZero() {
			return "(" + n.String() + ")"
		}
	case NumberRange:
		if operator != " " && n.Min != nil && n.Max != nil {
			return "(" + n.String() + ")"
		}
	}
	return n.String()
}

func phraseText(tokens []string, prefix bool) string {
	text := strings.Join(tokens, " ")
	if len(tokens) != 1 {
		text = quoted(text)
	}
	return text + star(prefix)
}

func valueText(value string, prefix bool) string {
	if value == "" && !prefix || strings.ContainsFunc(value, needsQuotes) {
		value = quoted(value)
	}
	return value + star(prefix)
}

func star(prefix bool) string {
	if prefix {
		return "*"
	}
	return ""
}

// needsQuotes reports whether a rune of a value would not be itself outside quotes.
func needsQuotes(r rune) bool {
	return r != ':' && r != '-' && isSpecial(r) || !unicode.IsPrint(r)
}

// isSpecial reports whether a rune means something to the lexer, so that a
// backslash before it, outside quotes, makes it plain.
func isSpecial(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(`\"()*:-`, r)
}

// escaped prints text outside quotes.
func escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		if isSpecial(r) && r != '-' {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

var quoteEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// quoted prints text in quotes.
func quoted(text string) string { return `"` + quoteEscapes.Replace(text) + `"` }

func listText(values []string) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = strconv.Quote(value)
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return "[" + strings.Join(texts, " ") + "]"
}

func timeText(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
