package graph

import (
	"slices"
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
