package graph

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/graph/model"
)

// Limits of a filter, so that no caller can ask for a tree that takes a store
// its time.
const (
	maxFilterDepth      = 20
	maxFilterConditions = 1_000
)

// filters turns a filter input into a query node. A filter is a map from its
// members' names to their typed values: which field a name stands for is a
// table, and everything else follows from the type of the value.
type filters struct {
	now        time.Time
	fields     map[string]query.Field // what the members stand for
	times      map[string]query.Field // those of a range of time; empty: the time of the record or flow itself
	conditions int                    // how many there are so far
}

// recordFilter returns the node of an AuthAuditFilter, AuditFilter or EventFilter.
func recordFilter(filter map[string]any, now time.Time) (query.Node, error) {
	f := filters{now: now, fields: model.FieldByName, times: map[string]query.Field{"time": ""}}
	return f.node("filter", filter, 1)
}

func (f *filters) node(path string, filter map[string]any, depth int) (query.Node, error) {
	if depth > maxFilterDepth {
		return nil, audit.Invalid(path, "is nested more than %d levels deep", maxFilterDepth)
	}
	names := make([]string, 0, len(filter))
	for name := range filter {
		names = append(names, name)
	}
	slices.Sort(names) // the same filter gives the same tree
	var all []query.Node
	for _, name := range names {
		n, err := f.member(path+"."+name, name, filter[name], depth)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return query.AllOf(all...), nil
}

// member returns the node of one member; nil, which matches everything, when it
// is not given.
func (f *filters) member(path, name string, value any, depth int) (query.Node, error) {
	switch value := value.(type) {
	case map[string]any:
		if value == nil {
			return nil, nil
		}
		negated, err := f.node(path, value, depth+1)
		return query.Negate(negated), err
	case []map[string]any:
		return f.combined(path, name, value, depth)
	case *model.StringFilter:
		if value == nil {
			return nil, nil
		}
		return f.text(path, f.fields[name], *value)
	case *model.AddressFilter:
		if value == nil {
			return nil, nil
		}
		return f.address(path, f.fields[name], *value)
	case *model.TimeFilter:
		if value == nil {
			return nil, nil
		}
		return f.time(path, f.times[name], *value)
	case *model.AttributeFilter:
		if value == nil {
			return nil, nil
		}
		return f.attribute(path, *value)
	}
	return f.flowMember(path, name, value)
}

// combined returns the node of `and` or `or`. A list that is not given says
// nothing; an empty one is true for `and` and false for `or`.
func (f *filters) combined(path, name string, operands []map[string]any, depth int) (query.Node, error) {
	if operands == nil {
		return nil, nil
	}
	nodes := make([]query.Node, len(operands))
	for i, operand := range operands {
		n, err := f.node(path, operand, depth+1)
		if err != nil {
			return nil, err
		}
		nodes[i] = n
	}
	if name == "or" {
		return query.AnyOf(nodes...), nil
	}
	return query.AllOf(nodes...), nil
}

// count counts conditions against the limit.
func (f *filters) count(path string, n int) error {
	if f.conditions += n; f.conditions > maxFilterConditions {
		return audit.Invalid(path, "the filter has more than %d conditions", maxFilterConditions)
	}
	return nil
}

func (f *filters) text(path string, field query.Field, want model.StringFilter) (query.Node, error) {
	if err := f.count(path, 1+len(want.In)+len(want.NotIn)); err != nil {
		return nil, err
	}
	var all []query.Node
	if want.Eq != nil {
		all = append(all, query.Exact{Field: field, Values: []string{*want.Eq}})
	}
	if want.In != nil {
		all = append(all, oneOf(field, want.In))
	}
	if want.NotIn != nil {
		all = append(all, query.Negate(oneOf(field, want.NotIn)))
	}
	if want.Prefix != nil {
		all = append(all, query.ExactPrefix{Field: field, Prefix: *want.Prefix})
	}
	return query.AllOf(append(all, exists(field, want.Exists))...), nil
}

func oneOf(field query.Field, values []string) query.Node {
	if len(values) == 0 {
		return query.None{}
	}
	return query.Exact{Field: field, Values: values}
}

func exists(field query.Field, want *bool) query.Node {
	switch {
	case want == nil:
		return nil
	case *want:
		return query.Has{Field: field}
	}
	return query.Not{Node: query.Has{Field: field}}
}

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
