package elastic

import (
	"encoding/json"
)

// counted is what aggregations answered, by the names that requests give them.
type counted struct {
	Values commonTerms `json:"values"`
	Times  struct {
		Buckets []timeCount `json:"buckets"`
	} `json:"times"`
	Pairs pairCounts `json:"pairs"`
}

// The names of the aggregations.
const (
	valuesName = "values"
	timesName  = "times"
	pairsName  = "pairs"
)

// commonTerms are the most frequent keywords of a field.
type commonTerms struct {
	// ErrorBound is how many records of a value may have gone uncounted, because
	// some shard did not tell of it.
	ErrorBound int `json:"doc_count_error_upper_bound"`
	Buckets    []struct {
		Key   string `json:"key"`
		Count int    `json:"doc_count"`
	} `json:"buckets"`
}

// exact reports whether the list, of which so many were asked for, is what it
// would be if every shard had told of every value, and whether ties at its end
// were broken by whole values.
func (t commonTerms) exact(size int) bool {
	if t.ErrorBound != 0 {
		return false
	}
	found := len(t.Buckets)
	return found == 0 || found < size || !isShortened(t.Buckets[found-1].Key)
}

func (t commonTerms) counts() tally {
	counts := make(tally, len(t.Buckets))
	for _, bucket := range t.Buckets {
		counts[bucket.Key] = bucket.Count
	}
	return counts
}

// timeCount is one interval of time.
type timeCount struct {
	Millis int64       `json:"key"`
	Count  int         `json:"doc_count"`
	Values commonTerms `json:"values"`
}

// pairCounts is one page of a composite: a value, and where time was asked for
// the interval as well.
type pairCounts struct {
	After   json.RawMessage `json:"after_key"`
	Buckets []pairCount     `json:"buckets"`
}

type pairCount struct {
	Key struct {
		Millis int64  `json:"time"`
		Value  string `json:"value"`
	} `json:"key"`
	Count int `json:"doc_count"`
}

// The names of a composite's parts.
const (
	timeName  = "time"
	valueName = "value"
)
