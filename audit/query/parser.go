package query

import (
	"strings"
	"time"
)

// What a search may hold at most. They are far above what people type, and low
// enough that no search is expensive to read.
const (
	MaxBytes  = 4096
	MaxNodes  = 256
	MaxNested = 32 // groups inside each other
)

// Parse reads a search; docs/search.md describes the language. Dates are
// relative to now. A blank search matches everything. An error is a
// [*SyntaxError].
//
// The tree is in its simplest form, as [AllOf], [AnyOf] and [Negate] make it,
// and its String parses back to an equal tree (where it is not longer than
// MaxBytes: names in full and times to the nanosecond take more room than what
// was typed).
func Parse(input string, now time.Time) (Node, error) {
	if err := tooLong(input); err != nil {
		return nil, err
	}
	return parse(input, now, MaxNodes)
}

// ParseFlows is Parse of a search over login flows, in which the fields that only
// they have can be named, too: FlowFields.
func ParseFlows(input string, now time.Time) (Node, error) {
	if err := tooLong(input); err != nil {
		return nil, err
	}
	p := parser{lexer: lexer{input: input}, input: input, now: now, nodesLeft: MaxNodes, flows: true}
	return p.search()
}

func tooLong(input string) error {
	if len(input) <= MaxBytes {
		return nil
	}
	end := strings.LastIndexFunc(input[:MaxBytes+1], func(rune) bool { return true }) // at the start of a character
	return syntaxError(input, end, "a search has at most %d bytes, and this one %d", MaxBytes, len(input))
}

// parse is Parse with any number of nodes, and of any length.
func parse(input string, now time.Time, maxNodes int) (Node, error) {
	p := parser{lexer: lexer{input: input}, input: input, now: now, nodesLeft: maxNodes}
	return p.search()
}

// search = [ alternatives ]
func (p *parser) search() (Node, error) {
	input := p.input
	if valid := strings.ToValidUTF8(input, ""); valid != input {
		return nil, syntaxError(input, firstDifference(input, valid), "this is not text in UTF-8")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.ahead.kind == atEnd {
		return All{}, nil
	}
	n, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if p.ahead.kind != atEnd { // only a parenthesis ends alternatives before that
		return nil, syntaxError(input, p.ahead.start, "this parenthesis closes nothing")
	}
	return n, nil
}

func firstDifference(a, b string) int {
	for i := range len(b) {
		if a[i] != b[i] {
			return i
		}
	}
	return len(b)
}

// parser reads a search by recursive descent, one lexeme ahead.
type parser struct {
	lexer     lexer
	input     string
	now       time.Time
	ahead     lexeme
	groups    int // that are open
	nodesLeft int
	flows     bool // the search is over login flows
}

func (p *parser) advance() (err error) {
	p.ahead, err = p.lexer.next()
	return err
}

// count notes that a node begins at an offset.
func (p *parser) count(offset int) error {
	if p.nodesLeft--; p.nodesLeft < 0 {
		return syntaxError(p.input, offset, "the search has more than %d parts here; make it shorter", MaxNodes)
	}
	return nil
}

// alternatives = sequence { "OR" sequence }
func (p *parser) alternatives() (Node, error) {
	var operands []Node
	for {
		n, err := p.sequence()
		if err != nil {
			return nil, err
		}
		operands = append(operands, n)
		if p.ahead.kind != keywordOr {
			return AnyOf(operands...), nil
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
}

// sequence = operand { [ "AND" ] operand }
func (p *parser) sequence() (Node, error) {
	var operands []Node
	for {
		n, err := p.operand()
		if err != nil {
			return nil, err
		}
		operands = append(operands, n)
		switch p.ahead.kind {
		case keywordAnd:
			if err := p.advance(); err != nil {
				return nil, err
			}
		case atEnd, closing, keywordOr:
			return AllOf(operands...), nil
		}
	}
}

// operand = { "-" | "NOT" } ( group | term )
func (p *parser) operand() (Node, error) {
	negated := false
	for p.ahead.kind == minus || p.ahead.kind == keywordNot {
		negated = !negated
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	if err := p.count(p.ahead.start); err != nil {
		return nil, err
	}
	n, err := p.primary()
	if err == nil && negated {
		n = Negate(n)
	}
	return n, err
}

func (p *parser) primary() (Node, error) {
	switch p.ahead.kind {
	case opening:
		return p.group()
	case term:
		n, err := p.leaf(p.ahead)
		if err != nil {
			return nil, err
		}
		return n, p.advance()
	}
	return nil, p.unexpected()
}

// group = "(" alternatives ")"
func (p *parser) group() (Node, error) {
	at := p.ahead.start
	if p.groups == MaxNested {
		return nil, syntaxError(p.input, at, "there are more than %d groups inside each other here", MaxNested)
	}
	p.groups++
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if p.ahead.kind != closing {
		return nil, syntaxError(p.input, at, "this parenthesis is never closed")
	}
	p.groups--
	return n, p.advance()
}

// unexpected is the error for a lexeme that stands where an operand should.
func (p *parser) unexpected() error {
	const wanted = "a word, a phrase in quotes, field:value or a group in parentheses"
	found, at := p.ahead.text(p.input), p.ahead.start
	switch p.ahead.kind {
	case atEnd:
		return syntaxError(p.input, at, "expected %s, and the search ends here", wanted)
	case closing:
		return syntaxError(p.input, at, `expected %s before ")"`, wanted)
	}
	return syntaxError(p.input, at, "expected %s before %s; to search for the word itself, write %s", wanted, found, quoted(found))
}
