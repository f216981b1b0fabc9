package sqlite

import (
	"net/netip"
	"slices"
	"unicode/utf8"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func (c compiler) exactPrefix(n query.ExactPrefix) answer {
	if n.Prefix == "" { // every value begins so, the empty one too
		return atMost(anyOf(c.has(n.Field), c.anyValue(n.Field, []string{""}).over))
	}
	if !utf8.ValidString(n.Prefix) {
		return atMost(c.has(n.Field))
	}
	return c.valuePrefix(n.Field, query.Fold(n.Prefix))
}

// valuePrefix answers for values that begin with something folded: their words
// begin with its words, the last of which may go on.
func (c compiler) valuePrefix(field query.Field, folded string) answer {
	tokens := query.Tokens(folded)
	if len(tokens) == 0 {
		return atMost(c.has(field))
	}
	return c.valueWords(field, c.words(tokens, true))
}

// maxNetworks is how many networks a whole question may be made of. When they
// are used up, further ones are looked for as part of larger ones.
const maxNetworks = 2_048

// network answers for addresses in a network: it is the union of some indexed
// ones, or where these would be too many, part of a larger one.
func (c compiler) network(n query.Network) answer {
	if n.Field != query.SourceIP || !n.Prefix.IsValid() {
		return atMost(c.has(n.Field))
	}
	prefix := n.Prefix.Masked()
	if prefix.Addr().Is4In6() { // no address is in it: those that are mapped count as IPv4
		return exactly(nothing)
	}
	larger := 0
	for _, size := range networkSizes(prefix.Addr()) {
		if size < prefix.Bits() {
			larger = size
			continue
		}
		if inside := size - prefix.Bits(); inside <= 8 && 1<<inside <= *c.networksLeft {
			*c.networksLeft -= 1 << inside
			return exactly(c.networks(prefix, size))
		}
		break
	}
	if larger == 0 {
		return atMost(c.has(n.Field))
	}
	outer, err := prefix.Addr().Prefix(larger)
	if err != nil {
		return atMost(c.has(n.Field))
	}
	return atMost(c.networks(outer, larger))
}

// networks asks for all networks of a size inside another, which must not be many.
func (c compiler) networks(outer netip.Prefix, size int) expr {
	f, _ := c.terms.field(query.SourceIP)
	var inside []expr
	for addr := outer.Addr(); addr.IsValid() && outer.Contains(addr); addr = following(addr, size) {
		network := netip.PrefixFrom(addr, size)
		inside = append(inside, term(c.terms.hashed(netTerm+f.code, network.String())))
		if size == addr.BitLen() {
			inside = append(inside, term(c.terms.hashed(f.exact, addr.String())))
		}
	}
	return anyOf(inside...)
}

// following returns the address of the next network of a size; invalid after the last.
func following(addr netip.Addr, size int) netip.Addr {
	b := addr.AsSlice()
	step := byte(1) << (7 - (size-1)%8)
	for i := (size - 1) / 8; i >= 0; i-- {
		b[i] += step
		if b[i] >= step {
			next, _ := netip.AddrFromSlice(b)
			return next
		}
		step = 1
	}
	return netip.Addr{}
}

// attribute answers for one attribute that fulfils all that is set. The index
// knows the values of all attributes together, so with one condition it is
// exact.
func (c compiler) attribute(n query.Attribute) answer {
	if c.terms.rows { // which have no attributes
		return exactly(nothing)
	}
	var conditions []expr
	set := 0
	for _, part := range []struct {
		field  query.Field
		values []string
	}{{query.AttributeType, n.Types}, {query.AttributeID, n.IDs}, {query.AttributeOrgID, n.OrgIDs}} {
		if len(part.values) == 0 {
			continue
		}
		set++
		if !slices.Contains(part.values, "") { // the index knows nothing of what is empty
			conditions = append(conditions, c.anyValue(part.field, part.values).over)
		}
	}
	if set == 1 && len(conditions) == 1 {
		return exactly(conditions[0])
	}
	return atMost(allOf(append(conditions, term(kindOf(audit.KindAPI)))...))
}
