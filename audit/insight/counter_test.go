package insight_test

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// counter counts records in memory, and the round trips that it is asked for.
type counter struct {
	records []*audit.Record
	trips   int
	err     error
}

func (c *counter) matching(q audit.Query) []*audit.Record {
	return slices.DeleteFunc(slices.Clone(c.records), func(r *audit.Record) bool {
		return !q.Scope.Allows(r.Org) || !slices.Contains(q.Kinds, r.Kind) || !query.Match(q.Where, r.Document())
	})
}

func (c *counter) Count(_ context.Context, queries []audit.Query) ([]int, error) {
	c.trips++
	counts := make([]int, len(queries))
	for i, q := range queries {
		counts[i] = len(c.matching(q))
	}
	return counts, c.err
}

func (c *counter) Facets(_ context.Context, requests []audit.FacetRequest) ([][]audit.ValueCount, error) {
	c.trips++
	facets := make([][]audit.ValueCount, len(requests))
	for i, request := range requests {
		if err := request.Validate(); err != nil {
			return nil, err
		}
		counts := map[string]int{}
		for _, r := range c.matching(request.Query) {
			for _, value := range r.Values(request.Field) {
				counts[value]++
			}
		}
		for value, n := range counts {
			facets[i] = append(facets[i], audit.ValueCount{Value: value, Count: n})
		}
		slices.SortFunc(facets[i], func(a, b audit.ValueCount) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Value, b.Value)) })
		facets[i] = facets[i][:min(request.Size, len(facets[i]))]
	}
	return facets, c.err
}

func (c *counter) Histograms(_ context.Context, requests []audit.HistogramRequest) ([][]audit.Bucket, error) {
	c.trips++
	all := make([][]audit.Bucket, len(requests))
	for i, request := range requests {
		if err := request.Validate(); err != nil {
			return nil, err
		}
		records := c.matching(request.Query)
		slices.SortFunc(records, func(a, b *audit.Record) int { return a.Time.Compare(b.Time) })
		for _, r := range records {
			for n := len(all[i]); n == 0 || all[i][n-1].Start.Before(r.Time.Truncate(request.Interval)); n++ {
				start := r.Time.Truncate(request.Interval)
				if n > 0 {
					start = all[i][n-1].Start.Add(request.Interval)
				}
				all[i] = append(all[i], audit.Bucket{Start: start})
			}
			all[i][len(all[i])-1].Count++
		}
	}
	return all, c.err
}
