package storetest

import (
	"cmp"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Oracle answers what a store holding these records must answer, by looking at
// every one of them.
type Oracle []*audit.Record

// Matching returns the records that a query asks for, in its order. By relevance
// it knows no scores: it gives the set, newest first.
func (o Oracle) Matching(q audit.Query) []*audit.Record {
	var found []*audit.Record
	for _, r := range o {
		if q.Scope.Allows(r.Org) && wants(q, r.Kind) && query.Match(q.Where, r.Document()) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b *audit.Record) int {
		return q.Order.Compare(audit.Hit{Record: a}, audit.Hit{Record: b})
	})
	return found
}

// wants reports whether a query asks for a kind, be it one of events or of login flows.
func wants(q audit.Query, kind audit.Kind) bool {
	return q.Wants(kind, audit.Events()) || kind == audit.KindFlow && len(q.Kinds) == 0
}

// Search answers a query ordered by time.
func (o Oracle) Search(q audit.Query) audit.Page { return bounded(o.window(q), q, audit.MaxPageBytes) }

// bounded ends a page at so many bytes, 0 for any number.
func bounded(page audit.Page, q audit.Query, most int) audit.Page {
	bytes := 0
	for i := range page.Hits {
		at := i
		if q.Window.Backward {
			at = len(page.Hits) - 1 - i
		}
		if bytes += len(page.Hits[at].Record.Raw); i == 0 || most == 0 || bytes <= most {
			continue
		}
		if q.Window.Backward {
			page.Hits, page.HasPrevious = page.Hits[at+1:], true
		} else {
			page.Hits, page.HasNext = page.Hits[:at], true
		}
		break
	}
	return page
}

// window is the whole window of a query ordered by time.
func (o Oracle) window(q audit.Query) audit.Page {
	var hits []audit.Hit
	for _, r := range o.Matching(q) {
		hit := audit.Hit{Record: r}
		if (q.Window.After == nil || q.Window.After.Compare(hit) > 0) && (q.Window.Before == nil || q.Window.Before.Compare(hit) < 0) {
			hits = append(hits, hit)
		}
	}
	page := audit.Page{HasNext: q.Window.Before != nil, HasPrevious: q.Window.After != nil}
	more := len(hits) > q.Window.Limit
	cut := min(len(hits), q.Window.Limit)
	if q.Window.Backward {
		page.Hits, page.HasPrevious = hits[len(hits)-cut:], more
	} else {
		page.Hits, page.HasNext = hits[:cut], more
	}
	return page
}

// Lookup answers a look-up.
func (o Oracle) Lookup(l audit.Lookup) []audit.Page {
	pages := make([]audit.Page, len(l.Keys))
	for i, key := range l.Keys {
		q := l.Query(key)
		pages[i] = bounded(o.window(q), q, l.PageBytes)
	}
	return pages
}

// Count answers how many records match.
func (o Oracle) Count(q audit.Query) int { return len(o.Matching(q)) }

// Facet answers how often each value of a field occurs.
func (o Oracle) Facet(r audit.FacetRequest) []audit.ValueCount {
	return valueCounts(o.Matching(r.Query), r.Field, r.Size)
}

func valueCounts(records []*audit.Record, field query.Field, size int) []audit.ValueCount {
	counts := map[string]int{}
	for _, r := range records {
		values := slices.Sorted(slices.Values(r.Values(field)))
		for _, value := range slices.Compact(values) {
			counts[value]++
		}
	}
	var list []audit.ValueCount
	for value, count := range counts {
		list = append(list, audit.ValueCount{Value: value, Count: count})
	}
	slices.SortFunc(list, func(a, b audit.ValueCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return list[:min(len(list), size)]
}

// Histogram answers how many records lie in each interval; false means that
// there are too many intervals.
func (o Oracle) Histogram(r audit.HistogramRequest) ([]audit.Bucket, bool) {
	records := o.Matching(r.Query)
	if len(records) == 0 {
		return nil, true
	}
	slices.SortFunc(records, func(a, b *audit.Record) int { return a.Time.Compare(b.Time) })
	interval := r.Interval
	if interval == 0 {
		interval = finest(records[0].Time, records[len(records)-1].Time)
	}
	first, last := records[0].Time.Truncate(interval), records[len(records)-1].Time.Truncate(interval)
	if bucketCount(first, last, interval) > audit.MaxBuckets {
		return nil, false
	}
	var buckets []audit.Bucket
	for start := first; !start.After(last); start = start.Add(interval) {
		var inside []*audit.Record
		for len(records) > 0 && records[0].Time.Before(start.Add(interval)) {
			inside, records = append(inside, records[0]), records[1:]
		}
		bucket := audit.Bucket{Start: start, Count: len(inside)}
		if r.By != "" {
			bucket.Values = valueCounts(inside, r.By, r.Size)
		}
		buckets = append(buckets, bucket)
	}
	return buckets, true
}

// finest is the finest interval that gives at most 200 buckets, else a day.
func finest(first, last time.Time) time.Duration {
	for _, interval := range []time.Duration{time.Minute, time.Hour} {
		if bucketCount(first.Truncate(interval), last.Truncate(interval), interval) <= 200 {
			return interval
		}
	}
	return 24 * time.Hour
}

// bucketCount is the number of intervals between two times, both included. The
// times may be further apart than a Duration holds.
func bucketCount(first, last time.Time, interval time.Duration) int64 {
	return (last.Unix()-first.Unix())/int64(interval/time.Second) + 1
}
