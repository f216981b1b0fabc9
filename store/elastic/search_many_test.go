package elastic

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/elastic/elastictest"
	"github.com/authtrail/authtrail/store/storetest"
)

const manyRecords = 12_000

// many are more records, with more different values, than one answer of the engine holds.
func many(t testing.TB) storetest.Oracle {
	records := make(storetest.Oracle, manyRecords)
	for i := range records {
		members := fmt.Sprintf(`"event_name":"T","user_id":"user-%05d","session":"s-%d","result":"r-%d","issuer":"%s%d","description":"water s%d"`,
			i*7_919%manyRecords, i%30, i%3, strings.Repeat("x", maxValue), i%4, i)
		records[i] = event(t, "org-a", fmt.Sprintf("m-%d", i), testTime.Add(-time.Duration(i%2)*7*day-time.Duration(i)*time.Second), members)
	}
	return records
}

// What is more than one answer of the engine holds is asked for in several, and
// what no shard knows by itself is counted whole.
func TestAnswersOfAnySizeAreExact(t *testing.T) {
	t.Parallel()
	records := many(t)
	s, err := Open(t.Context(), Options{URLs: []string{elastictest.URL(t)}, IndexPrefix: elastictest.Prefix(t), now: func() time.Time { return testTime }})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for batch := range slices.Chunk(records, 3_000) {
		statuses(t, s, batch...)
	}
	everything := audit.Query{Scope: audit.AllOrgs()}
	beginsS := audit.Query{Scope: audit.AllOrgs(), Where: query.Words{Tokens: []string{"water", "s"}, Prefix: true}}

	t.Run("facets", func(t *testing.T) {
		t.Parallel()
		for _, r := range []audit.FacetRequest{{Query: everything, Field: query.UserID, Size: 3}, {Query: beginsS, Field: query.Result, Size: 3},
			{Query: everything, Field: query.Issuer, Size: 2}, {Query: everything, Field: query.Issuer, Size: 10}} {
			got, err := s.Facets(t.Context(), []audit.FacetRequest{r})
			expectEqual(t, fmt.Sprintf("the %d commonest of %s", r.Size, r.Field), err, got, [][]audit.ValueCount{records.Facet(r)})
		}
	})
	t.Run("counts of what the engine cannot say", func(t *testing.T) {
		t.Parallel()
		got, err := s.Count(t.Context(), []audit.Query{beginsS, everything})
		expectEqual(t, "counts", err, got, []int{manyRecords, manyRecords})
	})
	t.Run("histograms", func(t *testing.T) {
		t.Parallel()
		for _, q := range []audit.Query{everything, beginsS} {
			r := audit.HistogramRequest{Query: q, Interval: time.Hour, By: query.UserID, Size: 3}
			want, _ := records.Histogram(r)
			got, err := s.Histograms(t.Context(), []audit.HistogramRequest{r})
			expectEqual(t, "the histogram", err, got, [][]audit.Bucket{want})
		}
	})
	t.Run("look-ups", func(t *testing.T) {
		t.Parallel()
		l := audit.Lookup{Scope: audit.Orgs("org-a"), Field: query.Session, Window: audit.Window{Limit: audit.MaxPageSize}}
		for i := range 30 {
			l.Keys = append(l.Keys, audit.LookupKey{AnyOrg: i%2 == 0, Org: "org-a", Value: fmt.Sprintf("s-%d", i)})
		}
		got, err := s.Lookup(t.Context(), l)
		expectEqual(t, "the look-up", err, keysOf(got), keysOf(records.Lookup(l)))
	})
}

// keysOf is what pages hold, without what is long.
func keysOf(pages []audit.Page) [][]string {
	keys := make([][]string, len(pages))
	for i, page := range pages {
		keys[i] = append(keys[i], fmt.Sprint(page.HasNext, page.HasPrevious))
		for _, r := range page.Records() {
			keys[i] = append(keys[i], r.UniqueID)
		}
	}
	return keys
}

func expectEqual(t testing.TB, what string, err error, got, want any) {
	t.Helper()
	if printed, wanted := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); err != nil || printed != wanted {
		t.Errorf("%s: %.1500s (%v), want %.1500s", what, printed, err, wanted)
	}
}
