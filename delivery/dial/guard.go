package dial

import (
	"fmt"
	"net/netip"
	"syscall"

	"code.dny.dev/ssrf"
)

// guard checks the address of every connection just before it is made.
type guard struct{ guardian *ssrf.Guardian }

// azureHost is where Azure's machines reach the agent of their host, which gives them
// settings and certificates: a public address that is none.
var azureHost = netip.MustParsePrefix("168.63.129.16/32")

func newGuard(allow []netip.Prefix) guard {
	var v4, v6 []netip.Prefix
	for _, prefix := range allow {
		if prefix.Addr().Is4() {
			v4 = append(v4, prefix)
		} else {
			v6 = append(v6, prefix)
		}
	}
	return guard{ssrf.New(ssrf.WithAnyPort(), ssrf.WithNetworks("tcp4", "tcp6", "udp4", "udp6"), ssrf.WithDeniedV4Prefixes(azureHost),
		ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))}
}

// check is the Control of a [net.Dialer].
func (g guard) check(network, address string, raw syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", ssrf.ErrInvalidHostPort, address)
	}
	plain := netip.AddrPortFrom(to.Addr().Unmap().WithZone(""), to.Port())
	err = g.guardian.Safe(network, plain.String(), raw)
	if inside, ok := translated(plain.Addr()); err != nil && ok {
		// A gateway leads to the IPv4 address in it, as networks without IPv4 need.
		return g.guardian.SafeAddr(inside)
	}
	return err
}

// translated returns the IPv4 address that a NAT64 gateway makes of an address.
func translated(address netip.Addr) (netip.Addr, bool) {
	if !ssrf.IPv6NAT64Prefix.Contains(address) {
		return netip.Addr{}, false
	}
	b := address.As16()
	return netip.AddrFrom4([4]byte(b[12:])), true
}

// ParseAllowed reads networks like 10.1.0.0/16, or single addresses.
func ParseAllowed(texts []string) ([]netip.Prefix, error) {
	prefixes := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if address, single := netip.ParseAddr(text); single == nil && address.Zone() == "" {
			prefix, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		switch {
		case err != nil:
			return nil, fmt.Errorf("%q: want a network like 10.1.0.0/16 or fd00:12::/32, or one address", text)
		case prefix.Addr().Is4In6():
			return nil, fmt.Errorf("%q: write the IPv4 network that it maps", text)
		case prefix != prefix.Masked():
			return nil, fmt.Errorf("%q: has bits beyond its length; the network is %s", text, prefix.Masked())
		}
		prefixes[i] = prefix
	}
	return prefixes, nil
}
