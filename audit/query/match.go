package query

import (
	"iter"
	"net/netip"
	"slices"
	"strings"
)

// Match reports whether a document is what the tree asks for. It is the
// definition of what every [Node] means, so it is written to be read: stores
// answer the same question in their own, faster ways.
func Match(n Node, d Document) bool {
	switch n := n.(type) {
	case nil, All:
		return true
	case None:
		return false
	case And:
		return !slices.ContainsFunc(n.Nodes, func(operand Node) bool { return !Match(operand, d) })
	case Or:
		return slices.ContainsFunc(n.Nodes, func(operand Node) bool { return Match(operand, d) })
	case Not:
		return !Match(n.Node, d)
	case TimeRange:
		at := d.Time()
		return !at.Before(n.From) && (n.To.IsZero() || at.Before(n.To))
	case Attribute:
		attributed, ok := d.(Attributed)
		return ok && attributed.HasAttribute(n)
	case Words:
		return anyPair(d.Strings(), func(_, text string) bool { return hasPhrase(text, n.Tokens, n.Prefix) })
	case ExtraValue:
		return anyPair(d.Extra(), func(path, value string) bool {
			return path == n.Path && valueMatches(value, n.Value, n.Prefix)
		})
	case HasExtra:
		return anyPair(d.Extra(), func(path, value string) bool { return path == n.Path && value != "" })
	}
	return matchField(n, d)
}

// matchField matches the nodes that look at the values of one field.
func matchField(n Node, d Document) bool {
	switch n := n.(type) {
	case FieldWords:
		return anyValue(d, n.Field, func(value string) bool { return hasPhrase(value, n.Tokens, n.Prefix) })
	case FieldValue:
		return anyValue(d, n.Field, func(value string) bool { return valueMatches(value, n.Value, n.Prefix) })
	case Has:
		return anyValue(d, n.Field, func(value string) bool { return value != "" })
	case Network:
		return anyValue(d, n.Field, func(value string) bool { return inNetwork(value, n.Prefix) })
	case Exact:
		return anyValue(d, n.Field, func(value string) bool { return slices.Contains(n.Values, value) })
	case ExactPrefix:
		return anyValue(d, n.Field, func(value string) bool { return strings.HasPrefix(value, n.Prefix) })
	case NumberRange:
		return anyValue(d, n.Field, n.contains)
	}
	return false
}

func anyValue(d Document, field Field, accept func(string) bool) bool {
	return slices.ContainsFunc(d.Values(field), accept)
}

func anyPair(pairs iter.Seq2[string, string], accept func(path, value string) bool) bool {
	for path, value := range pairs {
		if accept(path, value) {
			return true
		}
	}
	return false
}

// hasPhrase reports whether the tokens stand next to each other in the text.
func hasPhrase(text string, phrase []string, prefix bool) bool {
	tokens := Tokens(text)
	for at := 0; at+len(phrase) <= len(tokens); at++ {
		if phraseBegins(tokens[at:], phrase, prefix) {
			return true
		}
	}
	return false
}

// phraseBegins reports whether the tokens, at least as many as the phrase has, begin with it.
func phraseBegins(tokens, phrase []string, prefix bool) bool {
	last := len(phrase) - 1
	for i, want := range phrase {
		if tokens[i] != want && !(prefix && i == last && strings.HasPrefix(tokens[i], want)) {
			return false
		}
	}
	return last >= 0
}

// valueMatches compares a whole value with a folded one. An empty prefix asks
// only that there is something.
func valueMatches(value, want string, prefix bool) bool {
	switch {
	case !prefix:
		return Fold(value) == want
	case want == "":
		return value != ""
	}
	return strings.HasPrefix(Fold(value), want)
}

func inNetwork(value string, network netip.Prefix) bool {
	addr, ok := Address(value)
	return ok && network.Contains(addr)
}

// Address reads an IP address as networks compare it: one mapped from IPv4 into
// IPv6 is the IPv4 address, and a zone is dropped. A store that indexes
// addresses reads them with it.
func Address(value string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(value)
	return addr.Unmap().WithZone(""), err == nil
}
