package elastic

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// readVisible returns all shards as readStreams does, when all up to their
// checkpoints is visible to searches on every copy. The order matters: what is
// refreshed after a checkpoint was read holds everything up to it.
func (f *feed) readVisible(ctx context.Context) (shards []shard, err error) {
	for range attempts {
		if shards, err = f.readStreams(ctx); err != nil {
			return nil, err
		}
		if err = f.refresh(ctx, shards); !errors.Is(err, errDropped) {
			break
		}
	}
	return shards, err
}

// refresh refreshes the indices of shards that have moved since they were last refreshed.
func (f *feed) refresh(ctx context.Context, shards []shard) error {
	var moved []string
	count := 0
	for _, s := range shards {
		if visible, ok := f.visible[s.key]; s.origin == "" && (!ok && s.checkpoint >= 0 || s.checkpoint > visible) && !slices.Contains(moved, s.index) {
			moved = append(moved, s.index)
		}
	}
	for _, s := range shards {
		if s.origin == "" && slices.Contains(moved, s.index) {
			count++
		}
	}
	if len(moved) > 0 {
		if err := f.store.refreshAll(ctx, moved, count); err != nil {
			return fmt.Errorf("refresh what was written: %w", err)
		}
	}
	f.visible = make(map[shardKey]int64, len(shards)) // forgets the shards that are gone
	for _, s := range shards {
		f.visible[s.key] = s.checkpoint
	}
	return nil
}

// refreshAll refreshes some indices that have a number of shards together.
// Copies that are missing do not count as failed, so there must be as many
// that succeeded as there are shards.
func (s *Store) refreshAll(ctx context.Context, indices []string, shards int) error {
	var answer struct {
		Shards struct {
			Successful int `json:"successful"`
		} `json:"_shards"`
	}
	switch err := s.client.do(ctx, esapi.IndicesRefreshRequest{Index: indices}, &answer); {
	case hasStatus(err, http.StatusNotFound):
		return errDropped
	case err != nil:
		return err
	case answer.Shards.Successful < shards:
		return unavailable("Elasticsearch could answer only in part", errors.New("a shard was not refreshed"))
	}
	return nil
}
