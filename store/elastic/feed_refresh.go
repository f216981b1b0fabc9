package elastic

import (
	"context"
	"errors"
	"fmt"
	"maps"
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
		if err = f.refresh(ctx, shards); !errors.Is(err, errDropped) && !errors.Is(err, errUnseen) {
			break
		}
	}
	return shards, err
}

// refresh refreshes the indices of shards that have moved since they were last refreshed.
func (f *feed) refresh(ctx context.Context, shards []shard) error {
	shards = slices.DeleteFunc(slices.Clone(shards), func(s shard) bool { return s.origin != "" })
	moved := map[string]bool{}
	for _, s := range shards {
		visible, ok := f.visible[s.key]
		moved[s.index] = moved[s.index] || !ok && s.checkpoint >= 0 || ok && s.checkpoint > visible
	}
	maps.DeleteFunc(moved, func(_ string, has bool) bool { return !has })
	names, absent := slices.Sorted(maps.Keys(moved)), 0
	all := len(names) > maxNamedIndices
	if all {
		names = []string{f.store.names.records()}
	}
	for _, s := range shards {
		if all || moved[s.index] {
			absent += s.absent
		}
	}
	if len(names) > 0 {
		if err := f.store.refreshAll(ctx, names, absent); err != nil {
			return fmt.Errorf("refresh what was written: %w", err)
		}
	}
	f.visible = make(map[shardKey]int64, len(shards)) // forgets the shards that are gone
	for _, s := range shards {
		f.visible[s.key] = s.checkpoint
	}
	return nil
}

// refreshAll refreshes indices, all copies of their shards but those that were
// absent before. The engine does not count a copy that it cannot reach as failed:
// one that falls away in that moment, and is searched when it is back or
// another was made the primary, would hide what it holds.
func (s *Store) refreshAll(ctx context.Context, indices []string, absent int) error {
	var answer struct {
		Shards struct {
			Total      int `json:"total"`
			Successful int `json:"successful"`
		} `json:"_shards"`
	}
	err := s.client.do(ctx, esapi.IndicesRefreshRequest{Index: indices}, &answer)
	left := answer.Shards.Total - answer.Shards.Successful
	switch {
	case hasStatus(err, http.StatusNotFound):
		return errDropped
	case err != nil:
		return err
	case answer.Shards.Total == 0 || left > absent:
		return unavailable("Elasticsearch could answer only in part", fmt.Errorf("%d copies of shards were not refreshed: %w", left, errUnseen))
	}
	return nil
}

// errUnseen says that what a copy of a shard holds may not be visible.
var errUnseen = errors.New("a copy fell away")

// absentOf is how many copies of the shards are not there.
func absentOf(shards []shard) (absent int) {
	for _, s := range shards {
		absent += s.absent
	}
	return absent
}
