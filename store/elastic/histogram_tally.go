package elastic

import (
	"context"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// tally fills the chart's intervals.
func (s *Store) tally(ctx context.Context, c *chart) error {
	switch {
	case c.empty():
		return nil
	case c.plan.verify:
		return s.tallyRecords(ctx, c)
	case c.answer.tooManyBuckets() || !c.tallyAnswer():
		return s.tallyPairs(ctx, c)
	}
	return nil
}

// at returns the interval that a moment lies in. One that was written since the
// ends were looked up may lie in none.
func (c *chart) at(moment time.Time) *interval {
	i := c.timeline.index(moment)
	if moment.Before(c.timeline.first) || i >= len(c.tallies) {
		return new(interval)
	}
	in := &c.tallies[i]
	if in.values == nil {
		in.values = tally{}
	}
	return in
}

// tallyAnswer takes what the engine counted, and reports whether that is exact.
func (c *chart) tallyAnswer() bool {
	for _, bucket := range c.answer.Aggregations.Times.Buckets {
		if !bucket.Values.exact(c.request.Size) {
			return false
		}
		in := c.at(time.UnixMilli(bucket.Millis))
		in.count, in.values = bucket.Count, bucket.Values.counts()
	}
	return true
}

// tallyPairs counts every value in every interval, however many there are.
func (s *Store) tallyPairs(ctx context.Context, c *chart) error {
	clear(c.tallies)
	times := dsl.CompositePart{Name: timeName, Field: fieldTime, Interval: c.timeline.name()}
	err := s.eachPair(ctx, c.plan.filter, []dsl.CompositePart{times}, func(pair pairCount) {
		c.at(time.UnixMilli(pair.Key.Millis)).count = pair.Count
	})
	if err != nil || c.request.By == "" {
		return err
	}
	values := dsl.CompositePart{Name: valueName, Field: exactField(c.request.By)}
	last := new(interval) // they come by time, so that of one all is known when the next begins
	return s.eachPair(ctx, c.plan.filter, []dsl.CompositePart{times, values}, func(pair pairCount) {
		in := c.at(time.UnixMilli(pair.Key.Millis))
		if in != last {
			last.values.prune(c.request.Size)
			last = in
		}
		if in.values != nil {
			in.values.put(pair.Key.Value, pair.Count, c.request.Size)
		}
	})
}

// tallyRecords counts by looking at each record.
func (s *Store) tallyRecords(ctx context.Context, c *chart) error {
	return s.each(ctx, c.request.Query, c.plan, func(r *audit.Record) {
		in := c.at(r.Time)
		in.count++
		if c.request.By != "" && in.values != nil {
			in.values.add(r.Values(c.request.By))
		}
	})
}
