package node

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/graph/model"
)

// TotalCount is how many flows the whole list has.
func (c *LoginFlowConnection) TotalCount(ctx context.Context) (int32, error) {
	return once(&c.lists.memo, fmt.Sprintf("count of %d", c.at), func() (int32, error) {
		n := 0
		err := c.lists.each(ctx, c.at, func(*audit.Flow) bool {
			n++
			return true
		})
		return count(n), err
	})
}

// Facets are how often each value of the fields occurs.
func (c *LoginFlowConnection) Facets(ctx context.Context, fields []model.FacetField, size *int32) ([]Facet, error) {
	limit, err := facetSize(fields, size)
	if err != nil {
		return nil, err
	}
	counts := make([]tally, len(fields))
	err = c.lists.each(ctx, c.at, func(f *audit.Flow) bool {
		for i, field := range fields {
			counts[i].add(f, field.FlowField())
		}
		return true
	})
	facets := make([]Facet, len(fields))
	for i, field := range fields {
		facets[i] = Facet{Field: field, Values: counts[i].top(limit)}
	}
	return facets, err
}

// Histogram is how the list spreads over time: by the start of the flows, or by
// their end where the list is ordered so.
func (c *LoginFlowConnection) Histogram(
	ctx context.Context, interval *model.HistogramInterval, by *model.FacetField,
) ([]Bucket, error) {
	minutes := map[int64]*bin{}
	err := c.lists.each(ctx, c.at, func(f *audit.Flow) bool {
		minute := c.lists.order.CursorAt(f).Time.Unix() / 60
		if minutes[minute] == nil {
			minutes[minute] = &bin{}
		}
		minutes[minute].count++
		if by != nil {
			minutes[minute].values.add(f, by.FlowField())
		}
		return true
	})
	if err != nil || len(minutes) == 0 {
		return nil, err
	}
	return spread(minutes, lengthOf(interval))
}

// bin is what was counted in one interval.
type bin struct {
	count  int
	values tally
}

// spread merges the minutes into intervals, and adds the empty ones between.
func spread(minutes map[int64]*bin, length time.Duration) ([]Bucket, error) {
	first, last := int64(1)<<62, int64(-1)<<62
	for minute := range minutes {
		first, last = min(first, minute), max(last, minute)
	}
	perBucket := minutesOf(length, last-first)
	first, last = first/perBucket, last/perBucket
	if last-first >= audit.MaxBuckets {
		return nil, audit.Invalid("interval", "that are more than %d intervals; ask for longer ones or a shorter time", audit.MaxBuckets)
	}
	bins := make([]bin, last-first+1)
	for minute, counted := range minutes {
		merged := &bins[minute/perBucket-first]
		merged.count += counted.count
		merged.values.merge(counted.values)
	}
	answer := make([]Bucket, len(bins))
	for i, merged := range bins {
		start := time.Unix((first+int64(i))*perBucket*60, 0).UTC()
		answer[i] = Bucket{Start: start, Count: count(merged.count), Values: merged.values.top(bucketFacetSize)}
	}
	return answer, nil
}

// minutesOf returns the length of an interval in minutes; of 0, the shortest
// that gives few enough for the range.
func minutesOf(length time.Duration, minutes int64) int64 {
	const few = 200
	if length > 0 {
		return int64(length / time.Minute)
	}
	for _, perBucket := range []int64{1, 60} {
		if minutes/perBucket+2 <= few {
			return perBucket
		}
	}
	return 24 * 60
}

// tally counts values.
type tally map[string]int

func (t *tally) add(f *audit.Flow, field query.Field) {
	if *t == nil {
		*t = tally{}
	}
	for _, value := range flow.Document(f).Values(field) {
		(*t)[value]++
	}
}

func (t *tally) merge(other tally) {
	if *t == nil && other != nil {
		*t = tally{}
	}
	for value, n := range other {
		(*t)[value] += n
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
