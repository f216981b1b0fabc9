package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type lexemeKind int

const (
	atEnd lexemeKind = iota
	opening
	closing
	minus
	keywordAnd
	keywordOr
	keywordNot
	term
)

var keywords = map[string]lexemeKind{"AND": keywordAnd, "OR": keywordOr, "NOT": keywordNot}

// lexeme is one piece of a search. A term is a word, a phrase, or field:value.
type lexeme struct {
	kind       lexemeKind
	start, end int // where it stands in the input, in bytes

	name    string // what stands before the first colon
	named   bool   // whether there is such a colon
	value   string // the text itself, without quotes, escapes and the final star
	valueAt int    // where the value begins in the input
	quoted  bool
	prefix  bool // a star ended it
}

func (l lexeme) text(input string) string { return input[l.start:l.end] }

// lexer cuts a search into lexemes.
type lexer struct {
	input string
	at    int
}

// next returns the next lexeme, or the error that stands in its place.
func (l *lexer) next() (lexeme, error) {
	l.at += len(l.rest()) - len(strings.TrimLeftFunc(l.rest(), unicode.IsSpace))
	start := l.at
	switch {
	case l.rest() == "":
		return lexeme{start: start, end: start}, nil
	case l.rest()[0] == '(':
		return l.single(opening), nil
	case l.rest()[0] == ')':
		return l.single(closing), nil
	case l.negates():
		return l.single(minus), nil
	case l.rest()[0] == '"':
		found := lexeme{kind: term, start: start, valueAt: start}
		return l.endQuoted(found, "")
	}
	return l.word()
}

func (l *lexer) rest() string { return l.input[l.at:] }

func (l *lexer) single(kind lexemeKind) lexeme {
	l.at++
	return lexeme{kind: kind, start: l.at - 1, end: l.at}
}

// negates reports whether a minus stands directly before what it negates. One
// among dashes or spaces is text, which the parser then finds to be empty.
func (l *lexer) negates() bool {
	rest := l.rest()
	return len(rest) > 1 && rest[0] == '-' && rest[1] != '-' && rest[1] != ')' && !beginsWithSpace(rest[1:])
}

func beginsWithSpace(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsSpace(r)
}

// endsWord reports whether a word ends before the text.
func endsWord(text string) bool {
	return text == "" || strings.ContainsRune(`()"`, rune(text[0])) || beginsWithSpace(text)
}

// word reads a term up to a space, a parenthesis, or a quote that does not begin its value.
func (l *lexer) word() (lexeme, error) {
	found := lexeme{kind: term, start: l.at, valueAt: l.at}
	var text strings.Builder
	innerStar := -1
	for !endsWord(l.rest()) {
		r, size := utf8.DecodeRuneInString(l.rest())
		switch {
		case r == '\\' && l.escapes():
			r, size = l.escaped()
		case r == ':' && !found.named:
			found.name, found.named, found.valueAt = text.String(), true, l.at+size
			innerStar = -1 // in a name a star is plain
			text.Reset()
			l.at += size
			continue
		case r == '*' && endsWord(l.rest()[size:]):
			found.prefix = true
			l.at += size
			continue
		case r == '*' && innerStar < 0:
			innerStar = l.at
		}
		text.WriteRune(r)
		l.at += size
	}
	if innerStar >= 0 {
		return lexeme{}, syntaxError(l.input, innerStar,
			`a * stands for anything only at the end of a word; for the character, write \* or use quotes`)
	}
	found.value, found.end = text.String(), l.at
	if strings.HasPrefix(l.rest(), `"`) && found.awaitsQuote() {
		return l.endQuoted(found, found.value)
	}
	if kind, ok := keywords[found.text(l.input)]; ok {
		found.kind = kind
	}
	return found, nil
}

// awaitsQuote reports whether a quote that follows begins the term's value.
func (l lexeme) awaitsQuote() bool {
	if !l.named || l.prefix {
		return false
	}
	return l.value == "" || l.name == timeName && strings.Trim(l.value, "<>=") == ""
}

// escapes reports whether the backslash here makes the next rune plain; before
// any other it is itself a plain character, as in DOMAIN\user.
func (l *lexer) escapes() bool {
	r, size := utf8.DecodeRuneInString(l.rest()[1:])
	return size > 0 && isSpecial(r)
}

func (l *lexer) escaped() (rune, int) {
	r, size := utf8.DecodeRuneInString(l.rest()[1:])
	return r, 1 + size
}

// endQuoted reads a quoted value, and the star that may follow it. In quotes a
// backslash escapes only a quote and itself.
func (l *lexer) endQuoted(found lexeme, before string) (lexeme, error) {
	openedAt := l.at
	var text strings.Builder
	text.WriteString(before)
	for l.at++; ; l.at++ {
		rest := l.rest()
		switch {
		case rest == "":
			return lexeme{}, syntaxError(l.input, openedAt, `this quote is never closed; inside quotes, write \" for a quote`)
		case strings.HasPrefix(rest, `\"`), strings.HasPrefix(rest, `\\`):
			l.at++
		case rest[0] == '"':
			l.at++
			if strings.HasPrefix(l.rest(), "*") {
				found.prefix = true
				l.at++
			}
			found.value, found.quoted, found.end = text.String(), true, l.at
			return found, nil
		}
		text.WriteByte(l.input[l.at])
	}
}
