package flow_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/storetest"
	"pgregory.net/rapid"
)

// rowsHeld is a store of rows that looks at every one of them, and counts how often it is asked.
type rowsHeld struct {
	audit.Feed
	storetest.Oracle
	trips int
}

// stored returns the rows of flows as a store gives them back.
func stored(flows []*flow.Stitched) *rowsHeld {
	held := &rowsHeld{}
	for _, s := range flows {
		_, row := newRow(s)
		held.Oracle = append(held.Oracle, row)
	}
	return held
}

func (h *rowsHeld) Search(_ context.Context, q audit.Query) (audit.Page, error) {
	h.trips++
	return h.Oracle.Search(q), q.Validate()
}

func (h *rowsHeld) Lookup(_ context.Context, l audit.Lookup) ([]audit.Page, error) {
	h.trips++
	return h.Oracle.Lookup(l), l.Validate()
}

func (h *rowsHeld) Count(_ context.Context, queries []audit.Query) ([]int, error) {
	h.trips++
	counts := make([]int, len(queries))
	for i, q := range queries {
		counts[i] = h.Oracle.Count(q)
	}
	return counts, nil
}

func (h *rowsHeld) Facets(_ context.Context, requests []audit.FacetRequest) ([][]audit.ValueCount, error) {
	h.trips++
	facets := make([][]audit.ValueCount, len(requests))
	for i, r := range requests {
		facets[i] = h.Facet(r)
	}
	return facets, nil
}

func (h *rowsHeld) Histograms(_ context.Context, requests []audit.HistogramRequest) ([][]audit.Bucket, error) {
	h.trips++
	histograms := make([][]audit.Bucket, len(requests))
	for i, r := range requests {
		histograms[i], _ = h.Histogram(r)
	}
	return histograms, nil
}

func (h *rowsHeld) Scan(_ context.Context, q audit.Query, yield func(*audit.Record) bool) error {
	h.trips++
	format := flow.Format()
	for _, row := range h.Matching(q) {
		cut := row.Stored()
		cut.Raw = cut.Raw[:format.Head(cut.Raw)]
		if !yield(format.Restore(cut)) {
			break
		}
	}
	return nil
}

// viewAt returns a view of the rows at a moment.
func viewAt(held *rowsHeld, now time.Time) *flow.View {
	return flow.NewView(held, func() time.Time { return now }, idle, flow.Options{})
}

// flowConditions are conditions on the fields of flows, and some on their records.
func flowConditions() []query.Node {
	exact := func(field query.Field, values ...string) query.Node { return query.Exact{Field: field, Values: values} }
	conditions := []query.Node{
		exact(query.FlowOutcome, "ABANDONED", "SUCCEEDED"), exact(query.FlowOutcome, "UNDECIDED"), exact(query.FlowOutcome, "IN_PROGRESS", "ABANDONED"),
		query.FieldValue{Field: query.FlowOutcome, Value: "in_progress"}, query.FieldValue{Field: query.FlowOutcome, Value: "a", Prefix: true},
		query.ExactPrefix{Field: query.FlowOutcome, Prefix: "IN"}, query.ExactPrefix{Field: query.FlowOutcome, Prefix: ""},
		query.Has{Field: query.FlowOutcome}, query.FieldWords{Field: query.FlowOutcome, Tokens: []string{"progress"}},
		exact(query.UniqueID, "u00", "u07"), query.ExactPrefix{Field: query.UniqueID, Prefix: "u1"}, query.FieldValue{Field: query.UniqueID, Value: "u01"},
		query.Has{Field: query.UniqueID}, query.Words{Tokens: []string{"u02"}}, exact(query.UserID, "u1"), exact(query.FlowRecordID, "u03"),
		exact(query.FlowVia, "TRACE"), query.Has{Field: query.FlowConflict}, query.Has{Field: query.RequestID}, query.All{}, query.None{},
		query.TimeRange{From: began.Add(5 * time.Minute)}, exact(query.OrgID, "org-2"),
	}
	for _, outcome := range audit.FlowOutcomes {
		conditions = append(conditions, exact(query.FlowOutcome, string(outcome)))
	}
	return conditions
}

// someCondition draws a tree of them.
func someCondition(rt *rapid.T, depth int) query.Node {
	switch kind := rapid.IntRange(0, 5).Draw(rt, "kind"); {
	case kind > 2 || depth == 0:
		return rapid.SampledFrom(flowConditions()).Draw(rt, "leaf")
	case kind == 0:
		return query.Not{Node: someCondition(rt, depth-1)}
	case kind == 1:
		return query.Or{Nodes: []query.Node{someCondition(rt, depth-1), someCondition(rt, depth-1)}}
	}
	return query.And{Nodes: []query.Node{someCondition(rt, depth-1), someCondition(rt, depth-1)}}
}

// flowsAt is flows at a moment: what a view must answer about them.
type flowsAt struct{ flows []*audit.Flow }

func (a flowsAt) matching(n query.Node) []*audit.Flow {
	var found []*audit.Flow
	for _, f := range a.flows {
		if query.Match(n, flow.Document(f)) {
			found = append(found, f)
		}
	}
	return found
}

func (a flowsAt) facet(n query.Node, field query.Field, size int) []audit.ValueCount {
	counts := map[string]int{}
	for _, f := range a.matching(n) {
		for _, value := range flow.Document(f).Values(field) {
			counts[value]++
		}
	}
	var list []audit.ValueCount
	for _, value := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, audit.ValueCount{Value: value, Count: counts[value]})
	}
	slices.SortStableFunc(list, func(a, b audit.ValueCount) int { return b.Count - a.Count })
	return list[:min(len(list), size)]
}

func describe(rows []*audit.Record) string {
	var ids []string
	for _, row := range rows {
		ids = append(ids, row.UniqueID)
	}
	return fmt.Sprint(ids)
}
