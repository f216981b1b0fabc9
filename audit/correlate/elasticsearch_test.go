package correlate_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/correlate"
	"github.com/authtrail/authtrail/store/elastic"
	"github.com/authtrail/authtrail/store/elastic/elastictest"
)

// What an id leads to is the same on Elasticsearch, for one search per hop.
func TestElasticsearchCorrelatesAsSQLiteDoes(t *testing.T) {
	t.Parallel()
	_, records := sampleEvents(t)
	searches := &atomic.Int64{}
	cluster := clusterOf(t, records, searches)
	embedded := storeOf(t, records)
	for i, r := range records[:12] {
		for kind, field := range fieldOf {
			value, ok := r.Get(field)
			if !ok {
				continue
			}
			key, o := correlate.Key{Kind: kind, Value: value}, correlate.Options{MaxHops: 1 + i%correlate.MaxHops}
			embedded.trips = 0
			want := written(correlated(t, embedded, key, o))
			searches.Store(0)
			if got := written(correlated(t, cluster, key, o)); got != want {
				t.Fatalf("%s %s, %d hops:\n%s\nwant\n%s", kind, value, o.MaxHops, got, want)
			}
			if n := searches.Load(); n != int64(embedded.trips) {
				t.Fatalf("%s, %d hops: %d searches, want %d", kind, o.MaxHops, n, embedded.trips)
			}
		}
	}
}

// clusterOf returns a store on Elasticsearch that holds the records, and counts searches.
func clusterOf(t *testing.T, records []*audit.Record, searches *atomic.Int64) audit.Looker {
	t.Helper()
	target, err := url.Parse(elastictest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(target)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/_search") {
			searches.Add(1)
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	s, err := elastic.Open(t.Context(), elastic.Options{URLs: []string{front.URL}, IndexPrefix: elastictest.Prefix(t), Replicas: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for len(records) > 0 {
		some := records[:min(len(records), 1_000)]
		records = records[len(some):]
		if _, err := s.Append(t.Context(), some); err != nil {
			t.Fatal(err)
		}
	}
	return s
}
