package node

import (
	"context"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/graph/model"
)

// TotalCount is how many flows the whole list has.
func (c *LoginFlowConnection) TotalCount(ctx context.Context) (int32, error) {
	counted, err := c.census(ctx, wish{})
	if err != nil {
		return 0, err
	}
	return count(counted.total), nil
}

// Facets are how often each value of the fields occurs.
func (c *LoginFlowConnection) Facets(ctx context.Context, fields []model.FacetField, size *int32) ([]Facet, error) {
	limit, err := facetSize(fields, size)
	if err != nil {
		return nil, err
	}
	counted, err := c.census(ctx, wish{facets: fields})
	if err != nil {
		return nil, err
	}
	facets := make([]Facet, len(fields))
	for i, field := range fields {
		facets[i] = Facet{Field: field, Values: counted.facets[field].top(limit)}
	}
	return facets, nil
}

// Histogram is how the list spreads over time: by the start of the flows, or by
// their end where the list is ordered so.
func (c *LoginFlowConnection) Histogram(
	ctx context.Context, interval *model.HistogramInterval, by *model.FacetField,
) ([]Bucket, error) {
	split := unsplit
	if by != nil {
		split = *by
	}
	counted, err := c.census(ctx, wish{splits: []model.FacetField{split}})
	if err != nil || counted.total == 0 {
		return nil, err
	}
	return spread(counted.minutes[split], lengthOf(interval))
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
		if merged.values == nil {
			merged.values = tally{}
		}
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
