package indexer

import (
	"context"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// queue bounds what is under way. It holds nothing itself: calls wait in their
// own goroutines, and it counts what they hold.
type queue struct {
	maxEvents, maxBytes int

	mu            sync.Mutex
	calls         int
	events, bytes int
	meter         meter
	idle          chan struct{} // not nil once draining; closed when no call is left
}

func newQueue(maxEvents, maxBytes int) *queue {
	return &queue{maxEvents: maxEvents, maxBytes: maxBytes}
}

// enter admits a call. One that is larger than the whole bound is admitted when
// nothing else is under way: refused, it could be retried for ever.
func (q *queue) enter(events, bytes int) *audit.Error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.idle != nil {
		return &audit.Error{Code: audit.Unavailable, Message: "the server is shutting down", RetryAfter: shortestWait}
	}
	if q.calls > 0 && (q.events+events > q.maxEvents || q.bytes+bytes > q.maxBytes) {
		return &audit.Error{
			Code:       audit.RateLimited,
			Message:    "too many events are waiting to be stored; send these again later",
			RetryAfter: q.meter.timeFor(q.bytes),
		}
	}
	q.meter.tick(q.calls > 0)
	q.calls++
	q.events += events
	q.bytes += bytes
	return nil
}

func (q *queue) leave(events, bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.meter.tick(true)
	q.meter.done(bytes)
	q.calls--
	q.events -= events
	q.bytes -= bytes
	if q.calls == 0 && q.idle != nil {
		close(q.idle)
	}
}

func (q *queue) depth() (events, bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.events, q.bytes
}

func (q *queue) drain(ctx context.Context) error {
	q.mu.Lock()
	if q.idle == nil {
		q.idle = make(chan struct{})
		if q.calls == 0 {
			close(q.idle)
		}
	}
	idle := q.idle
	q.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// The bounds of what a caller is told to wait.
const (
	shortestWait = time.Second
	longestWait  = time.Minute
)

// meter measures how quickly the queue empties, over the time in which it is
// not empty.
type meter struct {
	bytes float64
	busy  time.Duration
	last  time.Time
}

// meterMemory is the busy time after which what was measured counts half.
const meterMemory = 10 * time.Second

func (m *meter) tick(busy bool) {
	now := time.Now()
	if busy {
		m.busy += now.Sub(m.last)
	}
	m.last = now
	if m.busy > meterMemory {
		m.busy /= 2
		m.bytes /= 2
	}
}

func (m *meter) done(bytes int) { m.bytes += float64(bytes) }

// timeFor estimates how long so many bytes will take.
func (m *meter) timeFor(bytes int) time.Duration {
	if m.bytes == 0 {
		return shortestWait
	}
	wait := time.Duration(float64(bytes) / m.bytes * float64(m.busy))
	return min(max(wait, shortestWait), longestWait)
}
