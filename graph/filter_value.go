package graph

import (
	"net/netip"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/graph/model"
)

func (f *filters) address(path string, field query.Field, want model.AddressFilter) (query.Node, error) {
	text := model.StringFilter{Eq: want.Eq, In: want.In, NotIn: want.NotIn, Exists: want.Exists}
	n, err := f.text(path, field, text)
	if err != nil || want.Cidr == nil {
		return n, err
	}
	network, err := parseNetwork(*want.Cidr)
	if err != nil {
		return nil, audit.Invalid(path+".cidr", "%.60q is no network; write it as 10.0.0.0/8 or 2001:db8::/32", *want.Cidr)
	}
	return query.AllOf(n, query.Network{Field: field, Prefix: network}), nil
}

// parseNetwork reads a network, or an address as the network of it alone. An
// IPv4 network mapped into IPv6 is the IPv4 network.
func parseNetwork(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return netip.Prefix{}, err
		}
		return address.Unmap().WithZone("").Prefix(address.Unmap().BitLen())
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	if address := network.Addr(); address.Is4In6() && network.Bits() >= 96 {
		return address.Unmap().Prefix(network.Bits() - 96)
	}
	return network.Masked(), nil
}

// timeRange reads the bounds of a range of time; a zero bound is open.
func (f *filters) timeRange(path string, want model.TimeFilter) (from, to time.Time, err error) {
	for _, bound := range []struct {
		name string
		text *string
		to   *time.Time
	}{{"gte", want.Gte, &from}, {"lt", want.Lt, &to}} {
		if bound.text == nil {
			continue
		}
		if *bound.to, err = query.ParseTime(*bound.text, f.now); err != nil {
			return from, to, audit.Invalid(path+"."+bound.name, "%s", messageOf(err))
		}
	}
	return from, to, f.count(path, 1)
}

func messageOf(err error) string {
	if syntax, ok := asSyntaxError(err); ok {
		return syntax.Message
	}
	return err.Error()
}

func (f *filters) time(path string, field query.Field, want model.TimeFilter) (query.Node, error) {
	from, to, err := f.timeRange(path, want)
	switch {
	case err != nil:
		return nil, err
	case from.IsZero() && to.IsZero():
		return nil, nil
	case field == "":
		return query.TimeRange{From: from, To: to}, nil
	}
	return query.NumberRange{Field: field, Min: nanoseconds(from), Max: nanoseconds(to)}, nil
}

func nanoseconds(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	n := t.UnixNano()
	return &n
}

func (f *filters) attribute(path string, want model.AttributeFilter) (query.Node, error) {
	var n query.Attribute
	for _, member := range []struct {
		value *string
		to    *[]string
	}{{want.Type, &n.Types}, {want.ID, &n.IDs}, {want.OrgID, &n.OrgIDs}} {
		if member.value != nil {
			*member.to = []string{*member.value}
		}
	}
	if n.Types == nil && n.IDs == nil && n.OrgIDs == nil {
		return nil, nil
	}
	return n, f.count(path, 1)
}
