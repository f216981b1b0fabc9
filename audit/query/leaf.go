package query

import (
	"net/netip"
	"strings"
	"unicode/utf8"
)

// The names before a colon that are no fields.
const (
	hasName     = "has"
	timeName    = "time"
	extraPrefix = "extra."
)

// leaf makes the node of a term.
func (p *parser) leaf(t lexeme) (Node, error) {
	path, isExtra := strings.CutPrefix(t.name, extraPrefix)
	switch {
	case !t.named && t.prefix && t.value == "" && !t.quoted:
		return All{}, nil
	case !t.named:
		if err := p.missingColon(t); err != nil {
			return nil, err
		}
		tokens, prefix, err := p.phrase(t)
		return p.orOutcome(Words{Tokens: tokens, Prefix: prefix}), err
	case t.name == hasName:
		return p.presence(t)
	case t.name == timeName:
		return p.timeRange(t)
	case isExtra && path != "":
		return p.extraValue(t, path)
	}
	fields := p.fieldsNamed(t.name)
	if len(fields) == 0 {
		return nil, p.unknownField(t)
	}
	return p.anyField(fields, t, func(field Field) (Node, error) { return p.fieldValue(t, field) })
}

// fieldsNamed returns the fields that a name stands for. An alias goes first:
// event: looks at the field event too.
func (p *parser) fieldsNamed(name string) []Field {
	if fields, ok := Aliases[name]; ok {
		return fields
	}
	if field := Field(name); field.Known() || p.flows && field.OfFlows() {
		return []Field{field}
	}
	return nil
}

func (p *parser) anyField(fields []Field, t lexeme, build func(Field) (Node, error)) (Node, error) {
	nodes := make([]Node, len(fields))
	for i, field := range fields {
		n, err := build(field)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			if err := p.count(t.start); err != nil {
				return nil, err
			}
		}
		nodes[i] = n
	}
	return AnyOf(nodes...), nil
}

func (p *parser) fieldValue(t lexeme, field Field) (Node, error) {
	switch {
	case t.value == "" && t.prefix && !t.quoted:
		return Has{Field: field}, nil
	case t.value == "":
		return nil, p.missingValue(t)
	case field == FlowOutcome:
		return p.outcome(t)
	case field == FlowOpen:
		return p.open(t)
	case field == FlowDurationMS, field == FlowRetries, field == FlowEndedAt:
		return p.numberRange(t, field)
	case field.Text():
		tokens, prefix, err := p.phrase(t)
		return FieldWords{Field: field, Tokens: tokens, Prefix: prefix}, err
	}
	value := Fold(t.value)
	if field == SourceIP && !t.prefix {
		if network, ok := networkOf(value); ok {
			return Network{Field: field, Prefix: network}, nil
		}
	}
	if field == SourceIP && !t.quoted && strings.Contains(value, "/") {
		return nil, syntaxError(p.input, t.valueAt,
			"%q is no network; expected one like 10.0.0.0/8 or 2001:db8::/32, or an address; to compare the text, put it in quotes", shortened(t.value))
	}
	if value == "" {
		return nil, p.nothingToFind(t)
	}
	return FieldValue{Field: field, Value: value, Prefix: t.prefix}, nil
}

func (p *parser) extraValue(t lexeme, path string) (Node, error) {
	value := Fold(t.value)
	switch {
	case t.value == "" && t.prefix && !t.quoted:
		return HasExtra{Path: path}, nil
	case t.value == "":
		return nil, p.missingValue(t)
	case value == "":
		return nil, p.nothingToFind(t)
	}
	return ExtraValue{Path: path, Value: value, Prefix: t.prefix}, nil
}

// presence makes the node of has:name.
func (p *parser) presence(t lexeme) (Node, error) {
	path, isExtra := strings.CutPrefix(t.value, extraPrefix)
	fields := p.fieldsNamed(t.value)
	switch {
	case t.value == "" || t.prefix:
		return nil, syntaxError(p.input, t.valueAt, "expected the name of a field after has:, for example has:session")
	case t.value == timeName:
		return All{}, nil // every record has one
	case isExtra && path != "":
		return HasExtra{Path: path}, nil
	case len(fields) == 0:
		return nil, p.unknownPresence(t)
	}
	return p.anyField(fields, t, func(field Field) (Node, error) { return Has{Field: field}, nil })
}

// phrase returns the tokens that a value asks for, and whether the last of them
// is a prefix. A star after something that separates ("person7@*") adds nothing:
// the word before it is complete.
func (p *parser) phrase(t lexeme) ([]string, bool, error) {
	tokens := Tokens(t.value)
	if len(tokens) == 0 {
		return nil, false, p.nothingToFind(t)
	}
	last, _ := utf8.DecodeLastRuneInString(Fold(t.value))
	return tokens, t.prefix && isWordRune(last), nil
}

// networkOf reads what follows source_ip: as a network: a single address is the
// network of itself, and one mapped from IPv4 into IPv6 is the IPv4 network.
func networkOf(text string) (netip.Prefix, bool) {
	if addr, ok := Address(text); ok {
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	if addr := network.Addr(); addr.Is4In6() && network.Bits() >= 96 {
		network = netip.PrefixFrom(addr.Unmap(), network.Bits()-96)
	}
	return network.Masked(), true
}
