package elastic

import (
	"context"
	"sync"
	"time"
)

// shared is a question to the cluster whose answer many wait for: all who come
// while one is under way share the next.
type shared struct {
	read func(context.Context) ([]shard, error)
	run  func(func()) bool // on a goroutine; false when the store is closed

	mu      sync.Mutex
	next    *reading // not begun; nil when nobody waits for it
	last    *reading // the last that succeeded
	running bool
}

// reading is one answer, for all who wait for it.
type reading struct {
	began  time.Time
	over   chan struct{} // closed when the answer is there
	shards []shard
	err    error
}

// fresh returns an answer that was asked for after the call.
func (s *shared) fresh(ctx context.Context) ([]shard, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	joined := s.join()
	if joined == nil {
		return nil, errClosed()
	}
	select {
	case <-joined.over:
		return joined.shards, joined.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// recent returns the last answer, unless it is older than age.
func (s *shared) recent(ctx context.Context, age time.Duration) ([]shard, error) {
	s.mu.Lock()
	last := s.last
	s.mu.Unlock()
	if last != nil && time.Since(last.began) < age {
		return last.shards, nil
	}
	return s.fresh(ctx)
}

// known returns the last answer, however old; nil when there was none.
func (s *shared) known() []shard {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		return nil
	}
	return s.last.shards
}

// join returns the next reading, or nil when the store is closed.
func (s *shared) join() *reading {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil {
		s.next = &reading{over: make(chan struct{})}
	}
	if !s.running {
		if !s.run(s.work) {
			return nil
		}
		s.running = true
	}
	return s.next
}

// work reads until nobody waits.
func (s *shared) work() {
	for {
		s.mu.Lock()
		current := s.next
		s.next = nil
		s.running = current != nil
		s.mu.Unlock()
		if current == nil {
			return
		}
		current.began = time.Now()
		current.shards, current.err = s.read(context.Background()) // the client ends it in time, or when the store closes
		if current.err == nil {
			s.mu.Lock()
			s.last = current
			s.mu.Unlock()
		}
		close(current.over)
	}
}
