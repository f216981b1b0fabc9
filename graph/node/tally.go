package node

import (
	"cmp"
	"slices"
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
)

// tally counts values.
type tally map[string]int

func (t tally) add(f *audit.Flow, field query.Field) {
	for _, value := range flow.Document(f).Values(field) {
		t[value]++
	}
}

func (t tally) merge(other tally) {
	for value, n := range other {
		t[value] += n
	}
}

// top returns the most frequent values, ties by value.
func (t tally) top(limit int) []ValueCount {
	values := make([]ValueCount, 0, len(t))
	for value, n := range t {
		values = append(values, ValueCount{Value: value, Count: count(n)})
	}
	slices.SortFunc(values, func(a, b ValueCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value))
	})
	return values[:min(limit, len(values))]
}
