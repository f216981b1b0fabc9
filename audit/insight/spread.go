package insight

import (
	"math/bits"
	"slices"
	"time"
)

// Spread says how long some spans of time were. Percentiles are exact, by nearest
// rank: P50 is the shortest of the spans that at least half of all do not exceed,
// P95 that of 95 %. Each is one of the spans.
type Spread struct {
	Count         int // how many spans there are; at least 1
	P50, P95, Max time.Duration
}

// spreadOf returns the spread of some spans, whose order it changes; nil when there are none.
func spreadOf(spans []time.Duration) *Spread {
	if len(spans) == 0 {
		return nil
	}
	middle, high := rank(50, len(spans)), rank(95, len(spans))
	s := &Spread{Count: len(spans)}
	s.P50 = nth(spans, middle)
	s.P95 = nth(spans[middle:], high-middle) // what is longer lies behind by now
	s.Max = slices.Max(spans[high:])
	return s
}

// rank returns the index of a percentile among n sorted values.
func rank(percent, n int) int { return (percent*n+99)/100 - 1 }

// fewSpans are sorted faster than they are split.
const fewSpans = 32

// nth returns the value that sorting would put at index k. It puts it there, no
// longer one before it and no shorter one behind it.
func nth(spans []time.Duration, k int) time.Duration {
	low, high := 0, len(spans)
	for tries := 2 * bits.Len(uint(len(spans))); high-low > fewSpans && tries > 0; tries-- {
		shorter, notLonger := split(spans[low:high])
		switch {
		case k < low+shorter:
			high = low + shorter
		case k >= low+notLonger:
			low += notLonger
		default:
			return spans[k]
		}
	}
	slices.Sort(spans[low:high])
	return spans[k]
}

// split puts what is shorter than some value of the list first, what equals it
// next, and returns how many are shorter, and how many not longer.
func split(spans []time.Duration) (shorter, notLonger int) {
	pivot := median(spans[0], spans[len(spans)/2], spans[len(spans)-1])
	low, at, high := 0, 0, len(spans)
	for at < high {
		switch span := spans[at]; {
		case span < pivot:
			spans[low], spans[at] = span, spans[low]
			low++
			at++
		case span > pivot:
			high--
			spans[at], spans[high] = spans[high], span
		default:
			at++
		}
	}
	return low, high
}

func median(a, b, c time.Duration) time.Duration { return max(min(a, b), min(max(a, b), c)) }
