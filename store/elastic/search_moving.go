package elastic

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// A partition that was just made, that is dropped while it is searched, or whose
// node has failed cannot be searched for a moment: the engine then refuses the
// whole search. Whoever asks is answered that moment later.
const (
	movingPause  = 50 * time.Millisecond
	movingWithin = 2 * time.Second
)

// whenStill asks again while partitions move.
func (s *Store) whenStill(ctx context.Context, ask func() error) error {
	for deadline := time.Now().Add(movingWithin); ; {
		err := ask()
		if !isMoving(err) {
			return err
		}
		if time.Now().After(deadline) {
			return unavailable("Elasticsearch cannot answer now", err)
		}
		if err := s.feed.pause(ctx, movingPause, nil); err != nil {
			return err
		}
	}
}

// isMoving reports whether a search was refused because a shard was not there.
func isMoving(err error) bool {
	var failure *engineError
	return errors.As(err, &failure) && failure.Type == "search_phase_execution_exception" &&
		(failure.Status == http.StatusNotFound || failure.Status == http.StatusServiceUnavailable)
}
