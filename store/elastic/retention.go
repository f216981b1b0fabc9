package elastic

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// retireEvery is how often partitions that have become too old are dropped.
const retireEvery = time.Hour

// retire drops partitions that are too old, now and every hour until the store is
// closed. Every process does; who comes second finds nothing to do.
func (s *Store) retire() {
	ticker := time.NewTicker(retireEvery)
	defer ticker.Stop()
	for {
		if err := s.dropExpired(s.client.open); err != nil && !s.closing() {
			s.log.Error("partitions that are too old could not be dropped", "cause", err)
		}
		select {
		case <-ticker.C:
		case <-s.done:
			return
		}
	}
}

// dropExpired drops the partitions of which everything is older than the
// retention. Nothing is written to them any more: records as old as that go to
// the overflow, which is never dropped.
func (s *Store) dropExpired(ctx context.Context) error {
	versions, err := s.partitionVersions(ctx)
	if err != nil {
		return err
	}
	expired := s.now().Add(-s.options.Retention)
	for _, index := range slices.Sorted(maps.Keys(versions)) {
		end, known := s.names.partitionEnd(index)
		if !known || end.After(expired) {
			continue
		}
		switch err := s.client.do(ctx, esapi.IndicesDeleteRequest{Index: []string{index}}, nil); {
		case hasStatus(err, http.StatusNotFound): // another process was first
		case err != nil:
			return fmt.Errorf("drop the partition %s: %w", index, err)
		default:
			s.log.InfoContext(ctx, "dropped a partition", "index", index, "ended", end, "retention", s.options.Retention)
		}
	}
	return nil
}
