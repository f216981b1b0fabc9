package elastic

import (
	"sync"
	"time"
)

// breaker keeps requests from a cluster that fails: after several failures in a
// row it lets one request through now and then, and all as soon as one succeeds.
type breaker struct {
	now func() time.Time

	mu       sync.Mutex
	failures int // in a row
	pause    time.Duration
	until    time.Time // requests are turned away until then
}

const (
	breakAfter = 5 // failures in a row; fewer are a node that others stand in for
	firstPause = 500 * time.Millisecond
	lastPause  = 10 * time.Second
)

// allow reports whether a request may be made, and else when to try again.
// Beyond the pause it lets one request through at a time: the pause begins anew.
func (b *breaker) allow() (time.Duration, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < breakAfter {
		return 0, true
	}
	now := b.now()
	if wait := b.until.Sub(now); wait > 0 {
		return wait, false
	}
	b.until = now.Add(b.pause)
	return 0, true
}

// succeeded lets all requests through again.
func (b *breaker) succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures, b.pause = 0, 0
}

// failed counts a failure, and returns whether that was the one that broke the circuit.
func (b *breaker) failed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures++
	if b.failures < breakAfter {
		return false
	}
	b.pause = min(max(2*b.pause, firstPause), lastPause)
	b.until = b.now().Add(b.pause)
	return b.failures == breakAfter
}
