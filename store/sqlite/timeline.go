package sqlite

import (
	"time"

	"github.com/authtrail/authtrail/audit"
)

// timeline is a row of intervals of the same width.
type timeline struct{ first, last, width int64 } // numbers of intervals since 1970; nanoseconds

// tally is what was counted in one interval.
type tally struct {
	count  int
	values valueCounts
}

// maxAutoBuckets is how many buckets an interval that was not asked for may give.
const maxAutoBuckets = 200

// timelineOf returns the intervals from one time to another.
func timelineOf(first, last int64, interval time.Duration) (timeline, error) {
	of := func(interval time.Duration) timeline {
		width := int64(interval)
		return timeline{first / width, last / width, width}
	}
	if interval != 0 {
		t := of(interval)
		if t.last-t.first >= audit.MaxBuckets {
			return t, audit.Invalid("interval", "would give %d intervals; at most %d are possible: choose a wider one or a shorter time",
				t.last-t.first+1, audit.MaxBuckets)
		}
		return t, nil
	}
	for _, interval := range []time.Duration{time.Minute, time.Hour} {
		if t := of(interval); t.last-t.first < maxAutoBuckets {
			return t, nil
		}
	}
	return timelineOf(first, last, 24*time.Hour)
}

func (t timeline) count() int { return int(t.last - t.first + 1) }

func (t timeline) index(nanos int64) int { return int(nanos/t.width - t.first) }

func (t timeline) span(i int) span {
	from := (t.first + int64(i)) * t.width
	return span{from, from + t.width}
}

// buckets returns the intervals with what was counted in them.
func (t timeline) buckets(tallies []tally, request audit.HistogramRequest) []audit.Bucket {
	buckets := make([]audit.Bucket, len(tallies))
	for i, counted := range tallies {
		buckets[i] = audit.Bucket{Start: time.Unix(0, t.span(i).from).UTC(), Count: counted.count}
		if request.By != "" {
			buckets[i].Values = counted.values.first(request.Size)
		}
	}
	return buckets
}
