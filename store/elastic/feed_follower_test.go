package elastic

import (
	"context"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

// follower reads the feed.
type follower struct {
	store    *Store
	position audit.Position
	given    map[string]int
}

func (f *follower) read(ctx context.Context, limit int) (int, error) {
	batch, err := f.store.Since(ctx, f.position, limit)
	if err != nil {
		return 0, err
	}
	for _, record := range batch.Records {
		f.given[record.UniqueID]++
	}
	f.position = batch.Next
	return len(batch.Records), nil
}

func dropPartition(t *testing.T, s *Store, index string) {
	t.Helper()
	if err := s.client.do(t.Context(), esapi.IndicesDeleteRequest{Index: []string{index}}, nil); err != nil {
		t.Fatalf("drop %s: %v", index, err)
	}
}
