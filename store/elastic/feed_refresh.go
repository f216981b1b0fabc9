package elastic

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
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
