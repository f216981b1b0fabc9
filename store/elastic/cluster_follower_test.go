//go:build cluster

package elastic

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// tail is a follower that reads the feed as it grows.
type tail struct {
	follower
	stopping atomic.Bool
	stopped  chan struct{}
}

func follow(t *testing.T, s *Store) *tail {
	t.Helper()
	f := &tail{follower: follower{store: s, given: map[string]int{}}, stopped: make(chan struct{})}
	go func() {
		defer close(f.stopped)
		for limit := 1; !f.stopping.Load(); limit = limit%50 + 7 {
			short, cancel := context.WithTimeout(t.Context(), time.Second)
			err := s.Wait(short, f.position)
			cancel()
			if err == nil {
				_, err = f.read(t.Context(), limit)
			}
			if code := audit.AsError(err); err != nil && code.Code != audit.Unavailable {
				t.Errorf("follow the feed: %v", err)
				return
			}
		}
	}()
	return f
}

// untilEnd reads on until nothing more comes, and returns how often each record was given.
func (f *tail) untilEnd(t *testing.T) map[string]int {
	t.Helper()
	f.stopping.Store(true)
	<-f.stopped
	for {
		n, err := f.read(t.Context(), 100)
		if err != nil {
			t.Fatalf("read the feed to its end: %v", err)
		}
		if n == 0 {
			return f.given
		}
	}
}
