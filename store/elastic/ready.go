package elastic

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

const healthTimeout = time.Second

// Ready implements audit.Prober: the cluster answers, and every partition has
// its primary shards. A cluster that was emptied is made ready again.
func (s *Store) Ready(ctx context.Context) error {
	var health struct {
		Status string `json:"status"`
	}
	request := esapi.ClusterHealthRequest{Index: []string{s.names.records()}, Timeout: healthTimeout}
	switch err := s.client.do(ctx, request, &health); {
	case hasStatus(err, http.StatusRequestTimeout): // it waited for indices that somebody deleted
		s.log.WarnContext(ctx, "the indices are gone; making them anew")
		return s.install(ctx)
	case err != nil:
		return fmt.Errorf("ask for the cluster's health: %w", err)
	}
	if health.Status == "red" {
		return &audit.Error{Code: audit.Unavailable, Message: "Elasticsearch has lost a shard: its health is red"}
	}
	return nil
}
