package sqlite

import (
	"context"
	"math"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// Histograms implements audit.Counter.
func (s *Store) Histograms(ctx context.Context, requests []audit.HistogramRequest) ([][]audit.Bucket, error) {
	for _, request := range requests {
		if err := request.Validate(); err != nil {
			return nil, err
		}
	}
	histograms := make([][]audit.Bucket, len(requests))
	for i, request := range requests {
		buckets, err := s.histogram(ctx, request)
		if err != nil {
			return nil, s.failed(ctx, "count over time", err)
		}
		histograms[i] = buckets
	}
	return histograms, nil
}

func (s *Store) histogram(ctx context.Context, request audit.HistogramRequest) ([]audit.Bucket, error) {
	if s.closing() {
		return nil, errClosed()
	}
	p := planFor(s.terms, request.Query.Scope, request.Query.Kinds, request.Query.Where)
	for {
		spill := s.spill.Load()
		minutes, err := s.minutes(ctx, &p, request, spill)
		if err != nil {
			return nil, err
		}
		if s.spill.Load() == spill {
			return minutes.buckets(request)
		}
	}
}

// series is what was counted in each minute that holds a record.
type series map[int64]*tally

type tally struct {
	count  int
	values valueCounts
}

func (s *Store) minutes(ctx context.Context, p *plan, request audit.HistogramRequest, spill int64) (series, error) {
	counted := series{}
	first, last := p.span.rows(spill)
	err := s.each(ctx, p, first, last, func(f *found) error {
		minute := f.row.nanos / int64(time.Minute)
		t := counted[minute]
		if t == nil {
			t = &tally{values: valueCounts{}}
			counted[minute] = t
		}
		t.count++
		if request.By == "" {
			return nil
		}
		values, err := s.values(f, request.By)
		t.values.add(values)
		return err
	})
	return counted, err
}

// maxAutoBuckets is how many buckets an interval that was not asked for may give.
const maxAutoBuckets = 200

// buckets joins minutes to the intervals that were asked for, without gaps.
func (s series) buckets(request audit.HistogramRequest) ([]audit.Bucket, error) {
	if len(s) == 0 {
		return nil, nil
	}
	first, last := int64(math.MaxInt64), int64(0)
	for minute := range s {
		first, last = min(first, minute), max(last, minute)
	}
	interval := request.Interval
	if interval == 0 {
		interval = fittingInterval(first, last)
	}
	width := int64(interval / time.Minute)
	first, last = first/width, last/width
	if last-first >= audit.MaxBuckets {
		return nil, audit.Invalid("interval", "would give %d intervals; at most %d are possible: choose a wider one or a shorter time",
			last-first+1, audit.MaxBuckets)
	}
	joined := s.joined(width)
	buckets := make([]audit.Bucket, 0, last-first+1)
	for at := first; at <= last; at++ {
		bucket := audit.Bucket{Start: time.Unix(at*width*60, 0).UTC()}
		if t := joined[at]; t != nil {
			bucket.Count = t.count
			if request.By != "" {
				bucket.Values = t.values.first(request.Size)
			}
		}
		buckets = append(buckets, bucket)
	}
	return buckets, nil
}

// fittingInterval returns the finest interval that gives few enough buckets.
func fittingInterval(first, last int64) time.Duration {
	for _, interval := range []time.Duration{time.Minute, time.Hour} {
		width := int64(interval / time.Minute)
		if last/width-first/width < maxAutoBuckets {
			return interval
		}
	}
	return 24 * time.Hour
}

// joined adds up the minutes of each interval of a width in minutes.
func (s series) joined(width int64) series {
	if width == 1 {
		return s
	}
	wide := series{}
	for minute, t := range s {
		sum := wide[minute/width]
		if sum == nil {
			sum = &tally{values: valueCounts{}}
			wide[minute/width] = sum
		}
		sum.count += t.count
		for value, count := range t.values {
			sum.values[value] += count
		}
	}
	return wide
}
