package elastic

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/storetest"
)

// Records that are too large to come in one answer come in several.
func TestAnswersTooLargeForMemoryAreAskedForInParts(t *testing.T) {
	t.Parallel()
	s := open(t, testOptions(t))
	s.client.maxAnswer = 100 << 10
	large := strings.Repeat("large ", 1_000)
	var records storetest.Oracle
	for i := range 100 {
		members := fmt.Sprintf(`"event_name":"T","session":"s","result":"r-%d","description":"water s%d %s"`, i%3, i, large)
		records = append(records, event(t, "o", fmt.Sprintf("l-%03d", i), testTime.Add(time.Duration(i)*time.Second), members))
	}
	statuses(t, s, records...)
	beginsS := audit.Query{Scope: audit.AllOrgs(), Where: query.Words{Tokens: []string{"water", "s"}, Prefix: true}, Window: audit.Window{Limit: 60}}
	for _, q := range []audit.Query{{Scope: audit.AllOrgs(), Window: audit.Window{Limit: 99}}, beginsS} {
		got, err := s.Search(t.Context(), q)
		expectEqual(t, "the page", err, keysOf([]audit.Page{got}), keysOf([]audit.Page{records.Search(q)}))
	}
	facet := audit.FacetRequest{Query: beginsS, Field: query.Result, Size: 3}
	facets, err := s.Facets(t.Context(), []audit.FacetRequest{facet})
	expectEqual(t, "the facet", err, facets, [][]audit.ValueCount{records.Facet(facet)})
	l := audit.Lookup{Scope: audit.AllOrgs(), Field: query.Session, Keys: []audit.LookupKey{{Org: "o", Value: "s"}}, Window: audit.Window{Limit: 70}}
	pages, err := s.Lookup(t.Context(), l)
	expectEqual(t, "the look-up", err, keysOf(pages), keysOf(records.Lookup(l)))
	if count, err := readFeed(t.Context(), s); err != nil || count != len(records) {
		t.Errorf("the feed gives %d records, %v; want %d", count, err, len(records))
	}
	rebuild(t, s)
	s.client.maxAnswer = defaultMaxAnswer
	expectHeld(t, s, records...)
}
