package sqlite

import (
	"net/netip"

	"github.com/authtrail/authtrail/audit/query"
)

// networks adds the networks that an address lies in.
func (w *termWriter) networks(code, value string) {
	addr, ok := query.Address(value)
	if !ok {
		return
	}
	for _, bits := range networkSizes(addr) {
		if bits == addr.BitLen() && addr.String() == value {
			continue // its exact term says as much
		}
		network, err := addr.Prefix(bits)
		if err != nil {
			continue // no address has fewer bits than its family's sizes
		}
		w.next()
		w.text = w.appendHashed(w.text, netTerm+code, network.String())
	}
}

// networkSizes returns the sizes of network that are indexed, in bits.
func networkSizes(addr netip.Addr) []int {
	if addr.Is4() {
		return []int{8, 16, 24, 32}
	}
	return []int{32, 48, 64, 128}
}
