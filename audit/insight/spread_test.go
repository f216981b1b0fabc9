package insight

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestSpreadIsThatOfSortedSpansByNearestRank(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for name, span := range map[string]func(i, n int) time.Duration{
		"random":       func(int, int) time.Duration { return time.Duration(random.Int64N(1e12)) },
		"few values":   func(int, int) time.Duration { return time.Duration(random.IntN(3)) },
		"equal":        func(int, int) time.Duration { return time.Second },
		"rising":       func(i, _ int) time.Duration { return time.Duration(i) },
		"falling":      func(i, n int) time.Duration { return time.Duration(n - i) },
		"organ pipe":   func(i, n int) time.Duration { return time.Duration(min(i, n-i)) },
		"with zeroes":  func(int, int) time.Duration { return time.Duration(max(0, random.IntN(40)-20)) },
		"alternating":  func(i, _ int) time.Duration { return time.Duration(i % 2) },
		"rising tails": func(i, n int) time.Duration { return time.Duration(i * (n - i) % 97) },
	} {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{1, 2, 3, 4, 19, 20, 21, 31, 32, 33, 34, 64, 99, 100, 101, 1_000, 4_321} {
				spans := make([]time.Duration, n)
				for i := range spans {
					spans[i] = span(i, n)
				}
				sorted := slices.Sorted(slices.Values(spans))
				want := Spread{Count: n, P50: nearest(sorted, 0.5), P95: nearest(sorted, 0.95), Max: sorted[n-1]}
				if got := spreadOf(spans); *got != want {
					t.Errorf("of %d spans: %+v, want %+v", n, *got, want)
				}
				if slices.Sort(spans); !slices.Equal(spans, sorted) {
					t.Errorf("of %d spans: others are there now", n)
				}
			}
		})
	}
}

// nearest returns a percentile as it is defined: the value whose rank, counted
// from 1, is the part of all values, rounded up.
func nearest(sorted []time.Duration, part float64) time.Duration {
	return sorted[int(math.Ceil(part*float64(len(sorted))))-1]
}

func TestNothingHasNoSpread(t *testing.T) {
	t.Parallel()
	if got := spreadOf(nil); got != nil {
		t.Errorf("%+v", *got)
	}
}
