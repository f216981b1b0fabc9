package elastic

import (
	"context"
	"fmt"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

// Ready implements audit.Prober: the cluster answers, and every partition has
// its primary shards.
func (s *Store) Ready(ctx context.Context) error {
	var health struct {
		Status string `json:"status"`
	}
	if err := s.client.do(ctx, esapi.ClusterHealthRequest{Index: []string{s.names.records()}}, &health); err != nil {
		return fmt.Errorf("ask for the cluster's health: %w", err)
	}
	if health.Status == "red" {
		return &audit.Error{Code: audit.Unavailable, Message: "Elasticsearch has lost a shard: its health is red"}
	}
	return nil
}
