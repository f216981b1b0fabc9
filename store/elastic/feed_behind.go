package elastic

import (
	"context"
	"fmt"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// behindAge is how old an answer of Behind may be: those who ask at the same time
// share one question to the cluster.
const behindAge = time.Second

// Behind implements audit.Feed. Numbers that are no record's count as well.
func (s *Store) Behind(ctx context.Context, after audit.Position) (behind int64, err error) {
	p, _, err := s.feed.place(ctx, after)
	if err != nil {
		return 0, fmt.Errorf("count what the feed has to give: %w", err)
	}
	shards, err := s.feed.numbers.recent(ctx, behindAge)
	if err != nil {
		return 0, fmt.Errorf("count what the feed has to give: %w", err)
	}
	for _, shard := range shards {
		next := s.feed.passed.skip(shard.key, p.next[shard.key])
		behind += max(0, shard.checkpoint+1-next)
	}
	return behind, nil
}
