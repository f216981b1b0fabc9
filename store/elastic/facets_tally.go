package elastic

import (
	"cmp"
	"maps"
	"slices"

	"github.com/authtrail/authtrail/audit"
)

// tally is how many records hold each keyword.
type tally map[string]int

// add counts one record: once for each different value.
func (t tally) add(values []string) {
	for i, value := range values {
		if !slices.Contains(values[:i], value) {
			t[shortened(value)]++
		}
	}
}

// maxTally is how many keywords are held where only the most frequent are wanted.
const maxTally = 2 * pairsPage

// put notes how many records hold a keyword, all of them. Of very many keywords
// it keeps those that may be among the most frequent.
func (t tally) put(keyword string, count, size int) {
	t[keyword] = count
	if len(t) > maxTally {
		t.prune(size)
	}
}

// prune keeps the most frequent keywords. Of shortened ones that tie at the end it
// keeps all that begin alike, as their values decide.
func (t tally) prune(size int) {
	if len(t) <= size {
		return
	}
	last := t.first(size)[size-1]
	maps.DeleteFunc(t, func(keyword string, count int) bool {
		switch {
		case count != last.Count:
			return count < last.Count
		case isShortened(keyword) && isShortened(last.Value) && keyword[:maxValue] == last.Value[:maxValue]:
			return false
		}
		return keyword > last.Value
	})
}

// least is how often the last of the most frequent keywords occurs.
func (t tally) least(size int) int {
	if len(t) <= size {
		return 0
	}
	counts := slices.Sorted(maps.Values(t))
	return counts[len(counts)-size]
}

// first returns the most frequent values, ties by value.
func (t tally) first(size int) []audit.ValueCount {
	counts := make([]audit.ValueCount, 0, len(t))
	for value, count := range t {
		counts = append(counts, audit.ValueCount{Value: value, Count: count})
	}
	slices.SortFunc(counts, func(a, b audit.ValueCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return slices.Clip(counts[:min(size, len(counts))])
}
