package sqlite

import (
	"context"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Histograms implements audit.Counter.
func (s *Store) Histograms(ctx context.Context, requests []audit.HistogramRequest) ([][]audit.Bucket, error) {
	for _, request := range requests {
		if err := request.Validate(); err != nil {
			return nil, err
		}
	}
	histograms := make([][]audit.Bucket, len(requests))
	err := s.counting(ctx, "count over time", func(v *snapshot) error {
		for i, request := range requests {
			p := planFor(s.terms, request.Query.Scope, request.Query.Kinds, request.Query.Where)
			buckets, err := v.histogram(ctx, &p, request)
			if err != nil {
				return err
			}
			histograms[i] = buckets
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return histograms, nil
}

func (v *snapshot) histogram(ctx context.Context, p *plan, request audit.HistogramRequest) ([]audit.Bucket, error) {
	first, last, ok, err := v.ends(ctx, p)
	if err != nil || !ok {
		return nil, err
	}
	t, err := timelineOf(first, last, request.Interval)
	if err != nil {
		return nil, err
	}
	known, worth, err := v.valuesToAsk(ctx, p, t, request.By)
	if err != nil {
		return nil, err
	}
	tallies := make([]tally, t.count())
	if worth {
		err = v.tallyByIndex(ctx, p, t, known, tallies)
	} else {
		err = v.tallyByRecord(ctx, p, t, request.By, tallies)
	}
	return t.buckets(tallies, request), err
}

// valuesToAsk returns the values to count in each interval, and whether to count
// in the index at all.
func (v *snapshot) valuesToAsk(ctx context.Context, p *plan, t timeline, by query.Field) ([]knownValue, bool, error) {
	if by == "" {
		worth, err := v.indexIsWorth(ctx, p, t.count())
		return nil, worth, err
	}
	known, listed, err := v.knownValues(ctx, by)
	if err != nil || !listed {
		return nil, false, err
	}
	worth, err := v.indexIsWorth(ctx, p, t.count()*(1+len(known)))
	return known, worth, err
}

// ends returns the times of the first and the last record that matches.
func (v *snapshot) ends(ctx context.Context, p *plan) (first, last int64, ok bool, err error) {
	for _, end := range []struct {
		ascending bool
		nanos     *int64
	}{{true, &first}, {false, &last}} {
		q := audit.Query{Order: audit.Order{Ascending: end.ascending}, Window: audit.Window{Limit: 1}}
		best, err := v.bestByTime(ctx, v.tx, q, p, v.spill)
		if err != nil || len(best.rows) == 0 {
			return 0, 0, false, err
		}
		*end.nanos = best.rows[0].row.nanos
	}
	return first, last, true, nil
}

// tallyByIndex counts each interval, and each value in it, in the index.
func (v *snapshot) tallyByIndex(ctx context.Context, p *plan, t timeline, known []knownValue, tallies []tally) error {
	for i := range tallies {
		interval := p.within(t.span(i))
		n, err := v.count(ctx, interval)
		if err != nil {
			return err
		}
		tallies[i].count = n
		if n == 0 || known == nil {
			continue
		}
		if tallies[i].values, err = v.facetOf(ctx, interval, known); err != nil {
			return err
		}
	}
	return nil
}

// tallyByRecord counts by looking at each record.
func (v *snapshot) tallyByRecord(ctx context.Context, p *plan, t timeline, by query.Field, tallies []tally) error {
	return v.each(ctx, p, func(f *found) error {
		at := &tallies[t.index(f.row.nanos)]
		at.count++
		if by == "" {
			return nil
		}
		if at.values == nil {
			at.values = valueCounts{}
		}
		values, err := v.values(ctx, f, by)
		at.values.add(values)
		return err
	})
}
