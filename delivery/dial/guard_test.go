package dial

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"code.dny.dev/ssrf"
)

func TestAddressesThatAreNotPublicAreRefused(t *testing.T) {
	t.Parallel()
	g := newGuard(nil)
	for address, fine := range map[string]bool{
		"127.0.0.1": false, "127.8.9.1": false, "::1": false, "::ffff:127.0.0.1": false, "64:ff9b::7f00:1": false, // loopback
		"169.254.169.254": false, "fe80::1": false, "fe80::1%eth0": false, "::ffff:169.254.169.254": false, "64:ff9b::a9fe:a9fe": false, "fd00:ec2::254": false, // link-local, metadata
		"168.63.129.16": false, "::ffff:168.63.129.16": false, "64:ff9b::a83f:8110": false, "168.63.129.17": true, // the host's agent at Azure
		"10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "::ffff:10.1.2.3": false, "64:ff9b::c0a8:101": false, // private
		"fc00::1": false, "fd12:3456::1": false, "fec0::1": false, // unique-local, site-local
		"100.64.0.1": false, "100.127.255.255": false, // shared
		"0.0.0.0": false, "::": false, "0.1.2.3": false, // unspecified
		"224.0.0.1": false, "ff02::1": false, "255.255.255.255": false, "240.0.0.1": false, // multicast, broadcast, reserved
		"2002:7f00:1::1": false, "2001:0:7f00:1::": false, "2002:101:101::1": false, "2001::101:101": false, "::1.1.1.1": false, "::ffff:0:7f00:1": false, "64:ff9b:1::a00:1": false, "::127.0.0.1": false, "::a00:1": false, // 6to4, Teredo, local NAT64, IPv4-compatible
		"198.18.0.1": false, "192.0.2.1": false, "2001:db8::1": false, // for tests and documents
		"1.1.1.1": true, "172.32.0.1": true, "100.128.0.1": true, "2606:4700:4700::1111": true, "::ffff:1.1.1.1": true, "64:ff9b::101:101": true,
	} {
		network, parsed := "tcp4", netip.MustParseAddr(address)
		if parsed.Is6() {
			network = "tcp6"
		}
		err := g.check(network, netip.AddrPortFrom(parsed, 443).String(), nil)
		if fine != (err == nil) || err != nil && !errors.Is(err, ssrf.ErrProhibitedIP) {
			t.Errorf("%s: %v", address, err)
		}
		if err != nil && Explain(err).Reason != refused {
			t.Errorf("%s: the reason tells them apart: %s", address, Explain(err).Reason)
		}
	}
}

func TestAddressesThatAreAllowedAreNotRefused(t *testing.T) {
	t.Parallel()
	allow, err := ParseAllowed([]string{"10.1.0.0/16", "fd00:12::/32", "192.168.7.7", "fe80::/10"})
	if err != nil {
		t.Fatal(err)
	}
	g := newGuard(allow)
	for address, fine := range map[string]bool{
		"10.1.2.3": true, "10.2.0.1": false, "::ffff:10.1.2.3": true, "64:ff9b::a01:203": true, "64:ff9b::a02:1": false,
		"fd00:12::1": true, "fd00:13::1": false, "192.168.7.7": true, "192.168.7.8": false, "fe80::1%eth0": true, "127.0.0.1": false, "8.8.8.8": true,
	} {
		if err := g.check("tcp6", netip.AddrPortFrom(netip.MustParseAddr(address), 443).String(), nil); fine != (err == nil) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestNetworksThatCannotBeReadAreNamed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"10.0.0.0/33": "10.0.0.0/33", "private": "private", "": `""`, "10.0.0.1/8": "the network is 10.0.0.0/8",
		"::ffff:10.0.0.0/104": "write the IPv4 network", "fe80::1%eth0": "eth0", "10.0.0": "want a network",
	} {
		if _, err := ParseAllowed([]string{"192.0.2.0/24", text}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if none, err := ParseAllowed(nil); err != nil || len(none) > 0 {
		t.Errorf("none: %v, %v", none, err)
	}
}
