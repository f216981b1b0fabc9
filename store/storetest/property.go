package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// The property test: whatever is asked of generated records, the store answers
// as the oracle does. A failure names the query in its smallest form and the
// records that are missing or wrongly there; -rapid.seed repeats it.

const (
	pools          = 3
	poolSize       = 130
	queriesPerDraw = 3 // rapid draws 100 times for each check: 3 × 2 × 100 × 3 queries a run
)

func propertyGroups() []group {
	var groups []group
	for seed := 1; seed <= pools; seed++ {
		groups = append(groups, group{
			name:    fmt.Sprintf("generated records %d", seed),
			records: func() []*audit.Record { return Records(seed, poolSize) },
			checks: []check{
				{"filters", property(Node())},
				{"searches", property(searches)},
			},
		})
	}
	return groups
}

var searches = rapid.Custom(func(t *rapid.T) query.Node {
	text := SearchText().Draw(t, "search")
	node, err := query.Parse(text, epoch)
	if err != nil {
		t.Fatalf("parse %s: %v", text, err)
	}
	return node
})

func property(where *rapid.Generator[query.Node]) func(testing.TB, *subject) {
	return func(t testing.TB, s *subject) {
		rapid.Check(t, func(t *rapid.T) {
			for range queriesPerDraw {
				q := Query(where).Draw(t, "query")
				if err := s.agree(t, q); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// agree asks the query in every way there is and compares.
func (s *subject) agree(t *rapid.T, q audit.Query) error {
	matching := s.Matching(q)
	pages := rapid.IntRange(1, 4).Draw(t, "pages")
	if err := s.walkTo(q, max(1, (len(matching)+pages-1)/pages), matching); err != nil {
		return err
	}
	size := rapid.SampledFrom([]int{1, 3, 500}).Draw(t, "size")
	facet := audit.FacetRequest{Query: q, Field: rapid.SampledFrom(query.Fields).Draw(t, "facet"), Size: size}
	histogram := audit.HistogramRequest{Query: q, Interval: rapid.SampledFrom([]time.Duration{0, time.Minute, time.Hour, day}).Draw(t, "interval")}
	if rapid.Bool().Draw(t, "with values") {
		histogram.By, histogram.Size = rapid.SampledFrom(query.Fields).Draw(t, "by"), size
	}
	if err := s.agreeOnCounts(facet, histogram, matching); err != nil {
		return fmt.Errorf("%s\n%w", describeQuery(q), err)
	}
	return nil
}

// agreeOnCounts compares what a query counts; matching are its records.
func (s *subject) agreeOnCounts(facet audit.FacetRequest, histogram audit.HistogramRequest, matching []*audit.Record) error {
	ctx := context.Background()
	counts, err := s.Store.Count(ctx, []audit.Query{facet.Query})
	if err != nil || !slices.Equal(counts, []int{len(matching)}) {
		return fmt.Errorf("count %v (%v), want %d", counts, err, len(matching))
	}
	values, err := s.Facets(ctx, []audit.FacetRequest{facet})
	if err != nil || len(values) != 1 {
		return fmt.Errorf("facet of %s: %d answers, %w", facet.Field, len(values), err)
	}
	if want := valueCounts(matching, facet.Field, facet.Size); !slices.Equal(values[0], want) {
		return fmt.Errorf("the %d commonest of %s: %q, want %q", facet.Size, facet.Field, fmt.Sprint(values[0]), fmt.Sprint(want))
	}
	buckets, err := s.Histograms(ctx, []audit.HistogramRequest{histogram})
	if err != nil || len(buckets) != 1 {
		return fmt.Errorf("histogram by %v: %d answers, %w", histogram.Interval, len(buckets), err)
	}
	histogram.Query = audit.Query{Scope: audit.AllOrgs(), Kinds: facet.Query.Kinds}
	if want, _ := Oracle(matching).Histogram(histogram); !slices.EqualFunc(buckets[0], want, sameBucket) {
		return fmt.Errorf("histogram by %v and %q: %v, want %v", histogram.Interval, histogram.By, buckets[0], want)
	}
	return nil
}
