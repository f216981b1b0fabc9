package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

const flowPools = 2

// flowPropertyGroups ask generated questions about generated rows, of which some
// were replaced and some removed.
func flowPropertyGroups() []group {
	var groups []group
	for seed := 1; seed <= flowPools; seed++ {
		groups = append(groups, group{name: fmt.Sprintf("generated rows %d", seed), checks: []check{
			{"every answer is the oracle's", func(t testing.TB, s *subject) {
				s.fillAndReplace(t, seed)
				rapid.Check(t, func(t *rapid.T) {
					for range queriesPerDraw {
						if err := s.agreeOnRows(t, flowQuery().Draw(t, "query")); err != nil {
							t.Fatal(err)
						}
					}
				})
			}},
		}})
	}
	return groups
}

// fillAndReplace fills the store with generated rows, gives a third of them
// another state, some of these one more, and removes a few.
func (s *subject) fillAndReplace(t testing.TB, seed int) {
	t.Helper()
	rows := Flows(seed, poolSize)
	s.fill(t, rows)
	for round := range 2 {
		versions := s.versions(t)
		var changes []audit.Replacement
		for i, row := range rows {
			if was := versions[row.Key()]; i%(3+round) == 0 && was != "" {
				state := generatedFlow(row.UniqueID, (seed*7+round)*1_000_003+i)
				changes = append(changes, audit.Replacement{Row: state, Was: was, Remove: i%7 == 0})
			}
		}
		s.replace(t, changes...)
	}
}

// agreeOnRows asks the query in every way there is and compares.
func (s *subject) agreeOnRows(t *rapid.T, q audit.Query) error {
	matching := s.Matching(q)
	pages := rapid.IntRange(1, 4).Draw(t, "pages")
	if err := s.walkTo(q, max(1, (len(matching)+pages-1)/pages), matching); err != nil {
		return err
	}
	if err := s.scanned(q); err != nil {
		return err
	}
	fields := FlowFormat().Fields
	size := rapid.SampledFrom([]int{1, 3, 500}).Draw(t, "size")
	facet := audit.FacetRequest{Query: q, Field: rapid.SampledFrom(fields).Draw(t, "facet"), Size: size}
	histogram := audit.HistogramRequest{Query: q, Interval: rapid.SampledFrom([]time.Duration{0, time.Minute, time.Hour, day}).Draw(t, "interval")}
	if rapid.Bool().Draw(t, "with values") {
		histogram.By, histogram.Size = rapid.SampledFrom(fields).Draw(t, "by"), size
	}
	if err := s.agreeOnCounts(facet, histogram, matching); err != nil {
		return fmt.Errorf("%s\n%w", describeQuery(q), err)
	}
	return nil
}

func flowFieldsGroup() group {
	return group{name: "fields of rows", records: manyValued, checks: []check{
		{"found by any of their values", checkFlowValues},
		{"found by presence", func(t testing.TB, s *subject) {
			for _, field := range FlowFormat().Fields {
				checkFlowNodes(t, s, query.Has{Field: field}, query.Not{Node: query.Has{Field: field}})
			}
		}},
		{"counted once for each different value", func(t testing.TB, s *subject) {
			for _, field := range FlowFormat().Fields {
				checkFacet(t, s, audit.FacetRequest{Query: everything, Field: field, Size: audit.MaxFacetSize})
				checkFacet(t, s, audit.FacetRequest{Query: where(query.Has{Field: field}), Field: field, Size: 2})
			}
		}},
	}}
}

// manyValued are rows that have three values in each of some fields, one that no other row has.
func manyValued() []*audit.Record {
	fields := slices.DeleteFunc(FlowFormat().Fields, func(f query.Field) bool {
		return f == query.OrgID || f == query.FlowDurationMS || f == query.FlowEndedAt
	})
	var rows []*audit.Record
	for i, field := range fields {
		id := idOf(field)
		own := map[query.Field][]string{}
		for _, other := range []query.Field{field, fields[(i+1)%len(fields)]} {
			own[other] = []string{valueOf(other), "of " + id, "Many"}
		}
		if ids, ok := own[query.FlowID]; ok {
			own[query.FlowID] = append([]string{id}, ids...)
		}
		rows = append(rows, flow("org-a", id, epoch.Add(time.Duration(i%5)*time.Second), time.Duration(i)*time.Millisecond, own).record())
	}
	return append(rows, flow("org-b", "with-nothing", epoch, 0, nil).record())
}

func checkFlowValues(t testing.TB, s *subject) {
	for _, field := range FlowFormat().Fields {
		value := valueOf(field)
		folded := query.Fold(value)
		checkFlowNodes(t, s, exact(field, value), exact(field, "another", value, ""), exact(field, "Many"), exact(field, "many"), exact(field, value+" "),
			exact(field, "of "+idOf(field)), query.ExactPrefix{Field: field, Prefix: value[:len(value)-1]}, query.ExactPrefix{Field: field},
			query.FieldValue{Field: field, Value: folded}, query.FieldValue{Field: field, Value: folded[:5], Prefix: true},
			query.FieldValue{Field: field, Value: "many"}, query.FieldWords{Field: field, Tokens: []string{"zoe", "of"}},
			query.And{Nodes: []query.Node{exact(field, value), exact(field, "Many")}},
			query.And{Nodes: []query.Node{exact(field, "Many"), query.Not{Node: exact(field, value)}}})
	}
}

// checkFlowNodes compares what each node finds and counts.
func checkFlowNodes(t testing.TB, s *subject, nodes ...query.Node) {
	t.Helper()
	for _, node := range nodes {
		if err := s.search(where(node)); err != nil {
			t.Error(err)
		}
		checkCounts(t, s, where(node), where(query.Not{Node: node}))
	}
}
