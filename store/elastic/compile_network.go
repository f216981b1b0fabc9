package elastic

import (
	"net/netip"

	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// The engine keeps an IPv4 address as the IPv6 address that it is mapped to, from
// the first of these to the second, which here is in no IPv6 network.
var (
	firstMapped = netip.MustParseAddr("::ffff:0:0")
	afterMapped = netip.MustParseAddr("::1:0:0:0")
)

// network answers for addresses in a network.
func network(n query.Network) answer {
	prefix := n.Prefix.Masked()
	switch {
	case !n.Prefix.IsValid():
		return exactly(dsl.None{})
	case prefix.Addr().Is4In6():
		return exactly(dsl.None{})
	case n.Field != query.SourceIP:
		return atMost(has(n.Field))
	case prefix.Contains(firstMapped): // a row may have addresses of both kinds, so that a "not" would not do
		below := dsl.Range{Field: fieldAddress, From: prefix.Addr().String(), To: firstMapped.String()}
		above := dsl.Range{Field: fieldAddress, From: afterMapped.String()}
		if end := afterLast(prefix); end.IsValid() {
			above.To = end.String()
		}
		return exactly(dsl.AnyOf(below, above))
	}
	return exactly(dsl.Term{Field: fieldAddress, Value: prefix.String()})
}

// afterLast returns the address after the last of a network, which is no valid one
// where that is the last of all.
func afterLast(prefix netip.Prefix) netip.Addr {
	last := prefix.Addr().As16()
	for bit := prefix.Bits(); bit < len(last)*8; bit++ {
		last[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom16(last).Next()
}
