package elastic

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// readVisible returns all shards as readStreams does, when all up to their
// checkpoints is visible to searches on every copy. The order matters: what is
// refreshed after a checkpoint was read holds everything up to it.
func (f *feed) readVisible(ctx context.Context) (shards []shard, err error) {
	for range attempts {
		if shards, err = f.readPaced(ctx); err != nil {
			return nil, err
		}
		if err = f.refresh(ctx, shards); !errors.Is(err, errDropped) && !errors.Is(err, errUnseen) {
			break
		}
	}
	return shards, err
}

// readPaced returns all shards. When some have moved soon after they were
// refreshed, more will come, which the next refresh waits for.
func (f *feed) readPaced(ctx context.Context) ([]shard, error) {
	shards, err := f.readStreams(ctx)
	wait := time.Until(f.due)
	if err != nil || wait <= 0 || len(f.movedOf(shards)) == 0 {
		return shards, err
	}
	if err := f.pause(ctx, wait, nil); err != nil {
		return nil, err
	}
	return f.readStreams(ctx)
}

// movedOf returns the indices of shards that have moved since they were last refreshed.
func (f *feed) movedOf(shards []shard) map[string]bool {
	moved := map[string]bool{}
	for _, s := range shards {
		visible, known := f.visible[s.key]
		if s.origin == "" && (!known && s.checkpoint >= 0 || known && s.checkpoint > visible) {
			moved[s.index] = true
		}
	}
	return moved
}

// refresh refreshes the indices of shards that have moved since they were last refreshed.
func (f *feed) refresh(ctx context.Context, shards []shard) error {
	shards = slices.DeleteFunc(slices.Clone(shards), func(s shard) bool { return s.origin != "" })
	moved := f.movedOf(shards)
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
		began := time.Now()
		if err := f.store.refreshAll(ctx, names, absent); err != nil {
			return fmt.Errorf("refresh what was written: %w", err)
		}
		f.due = began.Add(distance(time.Since(began)))
	}
	f.visible = make(map[shardKey]int64, len(shards)) // forgets the shards that are gone
	for _, s := range shards {
		f.visible[s.key] = s.checkpoint
	}
	return nil
}
