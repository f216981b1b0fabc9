package sqlite

import (
	"context"

	"github.com/authtrail/authtrail/audit"
)

// Behind implements audit.Feed.
func (s *Store) Behind(ctx context.Context, after audit.Position) (int64, error) {
	seq, err := s.parsePosition(after)
	if err != nil {
		return 0, err
	}
	if s.closing() {
		return 0, errClosed()
	}
	end, _ := s.feed.now()
	return end - seq, ctx.Err()
}
