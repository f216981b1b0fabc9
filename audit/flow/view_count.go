package flow

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Facets implements audit.Counter. Beside each count of outcomes it asks, in the same
// round trip, how many of them are in progress.
func (v *View) Facets(ctx context.Context, requests []audit.FacetRequest) ([][]audit.ValueCount, error) {
	m := v.ask(ctx)
	asked := make([]audit.FacetRequest, len(requests))
	live := map[int]int{} // where the flows in progress of a request are counted
	for i, r := range requests {
		if err := r.Validate(); err != nil {
			return nil, err
		}
		asked[i] = audit.FacetRequest{Query: m.query(r.Query), Field: counted(r.Field), Size: allOutcomes(r.Field, r.Size)}
		if r.Field == query.FlowOutcome {
			live[i] = len(asked)
			asked = append(asked, audit.FacetRequest{Query: m.live(r.Query), Field: r.Field, Size: 1})
		}
	}
	answers, err := v.rows.Facets(ctx, asked)
	if err != nil {
		return nil, err
	}
	for i, at := range live {
		answers[i] = toldApart(answers[i], countOf(answers[at]), requests[i].Size)
	}
	return answers[:len(requests)], nil
}

// live is the query for those of its flows that are in progress.
func (m moment) live(q audit.Query) audit.Query {
	q = m.query(q)
	q.Where = query.AllOf(q.Where, m.inProgress())
	return q
}

// counted is the field that a store counts by.
func counted(field query.Field) query.Field {
	if field == query.UniqueID {
		return query.FlowRecordID
	}
	return field
}

// allOutcomes is how many values to ask for, so that no outcome is left out before it
// is known how often each occurs.
func allOutcomes(field query.Field, size int) int {
	if field == query.FlowOutcome {
		return max(size, len(audit.FlowOutcomes))
	}
	return size
}

func countOf(values []audit.ValueCount) int {
	if len(values) == 0 {
		return 0
	}
	return values[0].Count
}

// toldApart splits the undecided flows into those in progress, so many, and the abandoned ones.
func toldApart(values []audit.ValueCount, live, size int) []audit.ValueCount {
	told := make([]audit.ValueCount, 0, len(values)+1)
	for _, v := range values {
		if v.Value != undecided {
			told = append(told, v)
			continue
		}
		live = min(live, v.Count)
		for _, part := range []audit.ValueCount{{Value: string(audit.InProgress), Count: live}, {Value: string(audit.Abandoned), Count: v.Count - live}} {
			if part.Count > 0 {
				told = append(told, part)
			}
		}
	}
	slices.SortFunc(told, func(a, b audit.ValueCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return told[:min(len(told), size)]
}

// Histograms implements audit.Counter. Where outcomes are counted and some are
// undecided, it asks in a second round trip how many of them are in progress.
func (v *View) Histograms(ctx context.Context, requests []audit.HistogramRequest) ([][]audit.Bucket, error) {
	m := v.ask(ctx)
	asked := make([]audit.HistogramRequest, len(requests))
	for i, r := range requests {
		if err := r.Validate(); err != nil {
			return nil, err
		}
		asked[i] = audit.HistogramRequest{Query: m.query(r.Query), Interval: r.Interval, By: counted(r.By), Size: allOutcomes(r.By, r.Size)}
	}
	answers, err := v.rows.Histograms(ctx, asked)
	if err != nil {
		return nil, err
	}
	var open []int
	var live []audit.HistogramRequest
	for i, r := range requests {
		switch {
		case r.By != query.FlowOutcome:
		case !hasUndecided(answers[i]):
			tellApart(answers[i], nil, r.Size)
		default:
			open = append(open, i)
			live = append(live, audit.HistogramRequest{Query: m.live(r.Query), Interval: intervalOf(answers[i])})
		}
	}
	if len(open) == 0 {
		return answers, nil
	}
	counts, err := v.rows.Histograms(ctx, live)
	if err != nil {
		return nil, err
	}
	for n, i := range open {
		tellApart(answers[i], counts[n], requests[i].Size)
	}
	return answers, nil
}

func hasUndecided(buckets []audit.Bucket) bool {
	return slices.ContainsFunc(buckets, func(b audit.Bucket) bool {
		return slices.ContainsFunc(b.Values, func(v audit.ValueCount) bool { return v.Value == undecided })
	})
}

// intervalOf returns how long the buckets are. One alone may be of any length; a day
// is never too narrow.
func intervalOf(buckets []audit.Bucket) time.Duration {
	if len(buckets) < 2 {
		return 24 * time.Hour
	}
	return buckets[1].Start.Sub(buckets[0].Start)
}

// tellApart splits the undecided flows of each bucket. One bucket alone holds all
// that are in progress.
func tellApart(buckets, live []audit.Bucket, size int) {
	counts := map[int64]int{}
	for _, b := range live {
		start := b.Start
		if len(buckets) == 1 {
			start = buckets[0].Start
		}
		counts[start.UnixNano()] += b.Count
	}
	for i, b := range buckets {
		buckets[i].Values = toldApart(b.Values, counts[b.Start.UnixNano()], size)
	}
}
