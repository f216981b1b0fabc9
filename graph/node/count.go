package node

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/graph/model"
)

// Facet is the most frequent values of a field.
type Facet struct {
	Field  model.FacetField
	Values []ValueCount
}

// ValueCount is how often a value occurs.
type ValueCount struct {
	Value string
	Count int32
}

// Bucket is an interval of a histogram.
type Bucket struct {
	Start  time.Time
	Count  int32
	Values []ValueCount
}

const (
	defaultFacetSize = 10
	bucketFacetSize  = 10
	maxFacets        = 50
)

// TotalCount is how many rows the whole list has.
func (c *Connection[T]) TotalCount(ctx context.Context) (int32, error) {
	counts, err := once(&c.lists.memo, "count", func() ([]int, error) {
		return c.lists.from().Count(ctx, c.lists.queries)
	})
	if err != nil {
		return 0, err
	}
	return count(counts[c.at]), nil
}

// Facets are how often each value of the fields occurs.
func (c *Connection[T]) Facets(ctx context.Context, fields []model.FacetField, size *int32) ([]Facet, error) {
	limit, err := facetSize(fields, size)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprintf("facets of %s by %d", fields, limit)
	counted, err := once(&c.lists.memo, key, func() ([][]audit.ValueCount, error) {
		var requests []audit.FacetRequest
		for _, q := range c.lists.queries {
			for _, field := range fields {
				requests = append(requests, audit.FacetRequest{Query: q, Field: c.lists.field(field), Size: limit})
			}
		}
		return c.lists.from().Facets(ctx, requests)
	})
	if err != nil {
		return nil, err
	}
	facets := make([]Facet, len(fields))
	for i, field := range fields {
		facets[i] = Facet{Field: field, Values: valueCounts(counted[c.at*len(fields)+i])}
	}
	return facets, nil
}

// facetSize returns how many values to list of each field.
func facetSize(fields []model.FacetField, size *int32) (int, error) {
	if len(fields) > maxFacets {
		return 0, audit.Invalid("fields", "at most %d can be counted at once", maxFacets)
	}
	if size == nil {
		return defaultFacetSize, nil
	}
	if *size < 1 || *size > audit.MaxFacetSize {
		return 0, audit.Invalid("size", "must be from 1 to %d", audit.MaxFacetSize)
	}
	return int(*size), nil
}

// Histogram is how the list spreads over time.
func (c *Connection[T]) Histogram(
	ctx context.Context, interval *model.HistogramInterval, by *model.FacetField,
) ([]Bucket, error) {
	var split query.Field
	if by != nil {
		split = c.lists.field(*by)
	}
	key := fmt.Sprintf("histogram of %s by %s", shown(interval), split)
	counted, err := once(&c.lists.memo, key, func() ([][]audit.Bucket, error) {
		requests := make([]audit.HistogramRequest, len(c.lists.queries))
		for i, q := range c.lists.queries {
			requests[i] = audit.HistogramRequest{Query: q, Interval: lengthOf(interval), By: split, Size: bucketFacetSize}
		}
		return c.lists.from().Histograms(ctx, requests)
	})
	if err != nil {
		return nil, err
	}
	return buckets(counted[c.at]), nil
}

// lengthOf returns the length of an interval, 0 for AUTO.
func lengthOf(interval *model.HistogramInterval) time.Duration {
	if interval == nil {
		return 0
	}
	switch *interval {
	case model.HistogramIntervalMinute:
		return time.Minute
	case model.HistogramIntervalHour:
		return time.Hour
	case model.HistogramIntervalDay:
		return 24 * time.Hour
	}
	return 0
}

// field returns the field that rows of the lists' kind are counted by.
func (l *lists) field(by model.FacetField) query.Field {
	if l.kind == audit.KindFlow {
		return by.FlowField()
	}
	return by.Field()
}

func buckets(counted []audit.Bucket) []Bucket {
	answer := make([]Bucket, len(counted))
	for i, bucket := range counted {
		answer[i] = Bucket{Start: bucket.Start, Count: count(bucket.Count), Values: valueCounts(bucket.Values)}
	}
	return answer
}

func valueCounts(counted []audit.ValueCount) []ValueCount {
	answer := make([]ValueCount, len(counted))
	for i, value := range counted {
		answer[i] = ValueCount{Value: value.Value, Count: count(value.Count)}
	}
	return answer
}

// count returns a number as GraphQL's Int holds it.
func count(n int) int32 { return int32(min(n, math.MaxInt32)) }
