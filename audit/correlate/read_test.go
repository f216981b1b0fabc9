package correlate_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/correlate"
)

// reading notes how many records each round trip reads.
type reading struct {
	audit.Looker
	records []int
}

func (r *reading) Lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	pages, err := r.Looker.Lookup(ctx, l)
	read := 0
	for _, page := range pages {
		read += len(page.Hits)
	}
	r.records = append(r.records, read)
	return pages, err
}

// fromOneAddress has a session for each number, on that many records, one of which is from 10.0.0.1.
func fromOneAddress(t *testing.T, sizes []int) audit.Looker {
	t.Helper()
	var text strings.Builder
	for session, size := range sizes {
		for i := range size {
			fmt.Fprintf(&text, "%d-%d | session=s%d", session, i, session)
			if i == 0 {
				text.WriteString(" | source_ip=10.0.0.1")
			}
			text.WriteString("\n")
		}
	}
	return storeOf(t, recordsOf(t, text.String()))
}

func TestManyIDsOnManyRecordsAreReadSomeAtATime(t *testing.T) {
	t.Parallel()
	few := slices.Repeat([]int{1}, 250)
	for name, c := range map[string]struct {
		sizes  []int
		nodes  int
		read   []int
		found  int // records
		reason string
	}{
		"few ids, however many records": {[]int{900, 1}, 2_000, []int{2, 901}, 901, ""},
		"few records of many ids":       {few, 2_000, []int{250, 250}, 250, ""},
		"some ids on many records":      {slices.Concat(few, []int{300, 90, 400}), 2_000, []int{253, 250 + 79 + 79 + 79, 300 + 90 + 400}, 250 + 790, ""},
		"one id on too many": {slices.Concat(few, []int{1_001, 90}), 2_000, []int{252, 250 + 79 + 79, 1_000 + 90}, 250 + 1 + 90,
			"1 id on more than 1000 records each led nowhere."},
		"more than there is room for": {slices.Concat(few, slices.Repeat([]int{100}, 45)), 1_000, []int{295, 250 + 45*67, 20 * 100}, 1_000 - 1 - 295,
			"There is room for 1000 nodes only."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &reading{Looker: fromOneAddress(t, c.sizes)}
			got := correlated(t, store, correlate.Key{Kind: correlate.SourceIP, Value: "10.0.0.1"}, correlate.Options{MaxHops: 2, MaxNodes: c.nodes})
			found := 0
			for _, node := range got.Nodes {
				if node.Record != nil {
					found++
				}
			}
			if !slices.Equal(store.records, c.read) || found != c.found || got.Reason != c.reason {
				t.Errorf("read %v, found %d, %q; want %v, %d, %q", store.records, found, got.Reason, c.read, c.found, c.reason)
			}
		})
	}
}
