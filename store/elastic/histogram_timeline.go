package elastic

import (
	"time"

	"github.com/authtrail/authtrail/audit"
)

// timeline is a row of intervals of the same width, from that of the first
// record to that of the last.
type timeline struct {
	first time.Time // when the first one begins
	width time.Duration
	count int
}

// maxAutoBuckets is how many buckets an interval that was not asked for may give.
const maxAutoBuckets = 200

const day = 24 * time.Hour

// timelineFor returns the intervals from one time to another.
func timelineFor(first, last time.Time, interval time.Duration) (timeline, error) {
	if interval == 0 {
		for _, interval = range []time.Duration{time.Minute, time.Hour, day} {
			if intervals(first, last, interval) <= maxAutoBuckets {
				break
			}
		}
	}
	count := intervals(first, last, interval)
	if count > audit.MaxBuckets {
		return timeline{}, audit.Invalid("interval", "would give %d intervals; at most %d are possible: choose a wider one or a shorter time",
			count, audit.MaxBuckets)
	}
	return timeline{first.Truncate(interval), interval, count}, nil
}

// intervals is how many there are from one time to another. The times may lie
// further apart than a Duration holds.
func intervals(first, last time.Time, width time.Duration) int {
	return int(last.Truncate(width).Unix()-first.Truncate(width).Unix())/int(width/time.Second) + 1
}

func (t timeline) index(at time.Time) int { return int(at.Sub(t.first) / t.width) }

func (t timeline) start(i int) time.Time { return t.first.Add(time.Duration(i) * t.width).UTC() }

// name is the width as the engine writes it.
func (t timeline) name() string { return intervalName(t.width) }

func intervalName(width time.Duration) string {
	switch width {
	case time.Minute:
		return "1m"
	case time.Hour:
		return "1h"
	}
	return "1d"
}
