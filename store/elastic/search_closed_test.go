package elastic

import (
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

func TestAClosedPartitionIsAnErrorAndNotFewerRows(t *testing.T) {
	t.Parallel()
	options := testOptions(t)
	s, other := open(t, options), open(t, options)
	query := audit.Query{Scope: audit.AllOrgs(), Window: audit.Window{Limit: 10}}
	if page, err := s.Search(t.Context(), query); err != nil || len(page.Hits) > 0 {
		t.Fatalf("before the first record: %v (%v)", page, err)
	}
	if counts, err := s.Count(t.Context(), []audit.Query{query}); err != nil || counts[0] != 0 {
		t.Fatalf("before the first record: %v (%v)", counts, err)
	}
	statuses(t, s, event(t, "o", "now", testTime, ""), event(t, "o", "before", testTime.AddDate(0, -3, 0), ""))
	closed := s.partitionOf(testTime)
	if err := s.client.do(t.Context(), esapi.IndicesCloseRequest{Index: []string{closed}}, nil); err != nil {
		t.Fatal(err)
	}
	for who, store := range map[string]*Store{"who wrote it": s, "another process": other} {
		_, searched := store.Search(t.Context(), query)
		_, counted := store.Count(t.Context(), []audit.Query{query})
		_, fed := store.Since(t.Context(), "", 10)
		for what, err := range map[string]error{"search": searched, "count": counted, "feed": fed} {
			if audit.AsError(err).Code != audit.Unavailable || !strings.Contains(err.Error(), "is closed") {
				t.Errorf("%s, %s: %v", who, what, err)
			}
		}
	}
	if err := s.client.do(t.Context(), esapi.IndicesOpenRequest{Index: []string{closed}, WaitForActiveShards: "1"}, nil); err != nil {
		t.Fatal(err)
	}
	for who, store := range map[string]*Store{"who wrote it": s, "another process": other} {
		if page, err := store.Search(t.Context(), query); err != nil || len(page.Hits) != 2 {
			t.Errorf("%s, once it is open again: %d (%v)", who, len(page.Hits), err)
		}
		if batch, err := store.Since(t.Context(), "", 10); err != nil || len(batch.Records) != 2 {
			t.Errorf("%s, once it is open again, the feed: %d (%v)", who, len(batch.Records), err)
		}
	}
}
