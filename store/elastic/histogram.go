package elastic

import (
	"context"
	"fmt"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// Histograms implements audit.Counter.
func (s *Store) Histograms(ctx context.Context, requests []audit.HistogramRequest) ([][]audit.Bucket, error) {
	queries := make([]audit.Query, len(requests))
	for i, request := range requests {
		if err := request.Validate(); err != nil {
			return nil, err
		}
		queries[i] = request.Query
	}
	histograms, err := whenSeen(ctx, s, queries, func() ([][]audit.Bucket, error) { return s.histograms(ctx, requests) })
	if err != nil {
		return nil, fmt.Errorf("count over time: %w", err)
	}
	return histograms, nil
}

func (s *Store) histograms(ctx context.Context, requests []audit.HistogramRequest) ([][]audit.Bucket, error) {
	charts := make([]*chart, len(requests))
	var ends questions
	for i, r := range requests {
		charts[i] = &chart{request: r, plan: s.format.planFor(r.Query)}
		charts[i].askEnds(&ends)
		if r.Interval != 0 {
			charts[i].askIntervals(&ends, r.Interval)
		}
	}
	if err := s.askAll(ctx, ends); err != nil {
		return nil, err
	}
	if err := s.place(ctx, charts); err != nil {
		return nil, err
	}
	names := fullNames{}
	for _, c := range charts {
		if err := s.tally(ctx, c); err != nil {
			return nil, err
		}
		for _, in := range c.tallies {
			names.need(c.request.By, in.values, c.request.Size)
		}
	}
	if err := s.askNames(ctx, names); err != nil {
		return nil, err
	}
	histograms := make([][]audit.Bucket, len(charts))
	for i, c := range charts {
		histograms[i] = c.buckets(names)
	}
	return histograms, nil
}

// chart is a histogram in the making.
type chart struct {
	request     audit.HistogramRequest
	plan        plan
	first, last time.Time // of its records; zero where it has none
	timeline    timeline
	answer      *result // what the engine counted in each interval; nil before it was asked
	tallies     []interval
}

// interval is what was counted in one.
type interval struct {
	count  int
	values tally
}

// askEnds asks for the times of the first and the last record. An aggregation
// would know them to the microsecond only.
func (c *chart) askEnds(all *questions) {
	if c.plan.verify {
		return
	}
	for _, end := range []struct {
		ascending bool
		at        *time.Time
	}{{true, &c.first}, {false, &c.last}} {
		search := dsl.Search{Query: c.plan.filter, Size: 1, Source: dsl.Source{fieldTime},
			Sort: []dsl.Sort{{Field: fieldTime, Ascending: end.ascending, Format: timeParser}}}
		all.ask(search, func(r *result) {
			for _, h := range r.Hits.Hits {
				*end.at = h.Source.Time
			}
		})
	}
}

// askIntervals asks how many records lie in each interval.
func (c *chart) askIntervals(all *questions, width time.Duration) {
	if c.plan.verify {
		return
	}
	times := dsl.Intervals{Field: fieldTime, Interval: intervalName(width)}
	if c.request.By != "" {
		times.Inside = commonValues(c.request.By, c.request.Size, byShardSize)
	}
	*all = append(*all, question{
		search:      dsl.Search{Query: c.plan.filter, Aggregations: dsl.Aggregations{{Name: timesName, Of: times}}},
		take:        func(r *result) { c.answer = r },
		mayOverflow: true, // there may be fewer intervals than the engine's buckets, which include the values in them
	})
}

// place gives the charts their timelines, and asks what is to be counted on
// those that had none before.
func (s *Store) place(ctx context.Context, charts []*chart) error {
	var all questions
	for _, c := range charts {
		if err := s.verifiedEnds(ctx, c); err != nil {
			return err
		}
		if c.empty() {
			continue
		}
		var err error
		if c.timeline, err = timelineFor(c.first, c.last, c.request.Interval); err != nil {
			return err
		}
		c.tallies = make([]interval, c.timeline.count)
		if c.answer == nil {
			c.askIntervals(&all, c.timeline.width)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return s.askAll(ctx, all)
}

// verifiedEnds finds the first and the last record where the engine alone cannot.
func (s *Store) verifiedEnds(ctx context.Context, c *chart) error {
	if !c.plan.verify {
		return nil
	}
	q := c.request.Query
	q.Window = audit.Window{Limit: 1}
	for _, end := range []struct {
		ascending bool
		at        *time.Time
	}{{true, &c.first}, {false, &c.last}} {
		q.Order = audit.Order{Ascending: end.ascending}
		page, err := s.search(ctx, q)
		if err != nil {
			return err
		}
		for _, row := range page.Hits {
			*end.at = row.Record.Time
		}
	}
	return nil
}

func (c *chart) empty() bool { return c.first.IsZero() }

// buckets returns the intervals with what was counted in them.
func (c *chart) buckets(names fullNames) []audit.Bucket {
	buckets := make([]audit.Bucket, len(c.tallies))
	for i, in := range c.tallies {
		buckets[i] = audit.Bucket{Start: c.timeline.start(i), Count: in.count}
		if c.request.By != "" {
			buckets[i].Values = names.first(c.request.By, in.values, c.request.Size)
		}
	}
	return buckets
}
