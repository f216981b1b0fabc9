package elastic

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestATallyKeepsTheMostFrequent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 5).Draw(t, "size")
		all, kept := tally{}, tally{}
		for i, count := range rapid.SliceOf(rapid.IntRange(1, 3)).Draw(t, "counts") {
			all[fmt.Sprint(i)] = count
			kept[fmt.Sprint(i)] = count
			kept.prune(size)
		}
		if got, want := kept.first(size), all.first(size); !slices.Equal(got, want) || len(kept) > size {
			t.Errorf("%v are kept, of which the first are %v, want %v", kept, got, want)
		}
	})
}

func TestValuesThatOnlyBeginAlikeAreKeptTillTheyAreKnown(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxValue)
	counts := tally{shortened(long + "b"): 1, shortened(long + "a"): 1, shortened(long + "c"): 1, "y": 1, "often": 2}
	counts.prune(2)
	if len(counts) != 4 || counts["y"] != 0 {
		t.Errorf("%d values are kept, want the three that begin alike and the frequent one", len(counts))
	}
}
