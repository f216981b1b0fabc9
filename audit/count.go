package audit

import (
	"time"

	"github.com/authtrail/authtrail/audit/query"
)

// FacetRequest asks how often each value of a field occurs among a query's
// records. The query's Order and Window do not matter.
type FacetRequest struct {
	Query Query
	Field query.Field
	Size  int // how many values, 1 to MaxFacetSize
}

// MaxFacetSize is the most values that one facet may list.
const MaxFacetSize = 500

// Validate is as Query.Validate, without the Window.
func (r FacetRequest) Validate() error {
	if err := r.Query.Scope.Validate(); err != nil {
		return err
	}
	return validateFacet("field", r.Field, r.Size)
}

func validateFacet(name string, field query.Field, size int) error {
	switch {
	case !field.OfFlows():
		return Invalid(name, "%q is no field", field)
	case size < 1 || size > MaxFacetSize:
		return Invalid("size", "must be from 1 to %d", MaxFacetSize)
	}
	return nil
}

// ValueCount is how many records have a value. A record counts once for each
// different value it holds; records without one are not counted.
type ValueCount struct {
	Value string
	Count int
}

// HistogramRequest asks how many of a query's records lie in each interval of
// time. The query's Order and Window do not matter.
type HistogramRequest struct {
	Query    Query
	Interval time.Duration // Minute, Hour or Day, or 0: the finest of these that gives at most 200 buckets, else Day
	By       query.Field   // also count the values of this field in each interval; empty for none
	Size     int           // how many values of By an interval lists, 1 to MaxFacetSize
}

// Validate is as Query.Validate, without the Window.
func (r HistogramRequest) Validate() error {
	if err := r.Query.Scope.Validate(); err != nil {
		return err
	}
	switch r.Interval {
	case 0, time.Minute, time.Hour, 24 * time.Hour:
	default:
		return Invalid("interval", "must be a minute, an hour or a day")
	}
	if r.By == "" {
		return nil
	}
	return validateFacet("by", r.By, r.Size)
}

// MaxBuckets is the most intervals a histogram may have, empty ones included. A
// request for more is BadUserInput, asking for a wider interval or a shorter time.
const MaxBuckets = 10_000

// Bucket is one interval of a histogram. Buckets come in time order from the
// first that holds a record to the last, without gaps.
type Bucket struct {
	Start  time.Time // UTC, a multiple of the interval
	Count  int
	Values []ValueCount // of HistogramRequest.By, most frequent first, ties by value
}
