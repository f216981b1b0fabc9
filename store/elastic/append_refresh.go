package elastic

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// refreshes makes what was written visible to searches. A refresh costs the
// cluster much the same for one record as for thousands, and each leaves segments
// to be merged; so all who wait share one, it waits for those who still write, and
// under load they come at a distance.
type refreshes struct {
	refresh func(indices []string) error
	run     func(func()) bool // on a goroutine; false when the store is closed
	done    <-chan struct{}

	mu      sync.Mutex
	writing int           // appends that will soon wait
	quiet   chan struct{} // gets a value when there are none
	next    *round        // what the coming refresh has to do; nil when nobody waits for it
	running bool
	last    time.Time // when the last one began
}

// round is one refresh, and those who wait for it.
type round struct {
	begun   time.Time // when the first began to wait
	indices map[string]bool
	over    chan struct{} // closed when err is set
	err     error
}

const (
	refreshDistance = 150 * time.Millisecond // the least time between the beginnings of two refreshes
	gatherAtMost    = time.Second            // how long a refresh waits for those who still write
)

// begin says that somebody writes. The work is over with finish.
func (r *refreshes) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writing++
}

// finish ends what begin began, and has the coming refresh, which has not begun,
// make the indices visible that were written to. It returns nil when there are none.
func (r *refreshes) finish(indices map[string]bool) (*round, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.writing--; r.writing == 0 {
		select {
		case r.quiet <- struct{}{}:
		default: // it is said already
		}
	}
	if len(indices) == 0 {
		return nil, nil
	}
	if r.next == nil {
		r.next = &round{begun: time.Now(), indices: map[string]bool{}, over: make(chan struct{})}
	}
	maps.Copy(r.next.indices, indices)
	if !r.running {
		if !r.run(r.work) {
			return nil, errClosed()
		}
		r.running = true
	}
	return r.next, nil
}

// wait returns when the refresh is over.
func (r *round) wait(ctx context.Context) error {
	select {
	case <-r.over:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// work refreshes until nobody waits.
func (r *refreshes) work() {
	for {
		r.pause()
		current := r.take()
		if current == nil {
			return
		}
		current.err = r.refresh(slices.Sorted(maps.Keys(current.indices)))
		close(current.over)
	}
}

// take returns the coming refresh, which begins now, or nil when nobody waits.
func (r *refreshes) take() *round {
	r.mu.Lock()
	defer r.mu.Unlock()
	current := r.next
	r.next = nil
	if current == nil {
		r.running = false
		return nil
	}
	r.last = time.Now()
	return current
}

// pause keeps the distance to the last refresh, and lets those come along who
// still write.
func (r *refreshes) pause() {
	r.mu.Lock()
	due := r.last.Add(refreshDistance)
	waited := r.next != nil
	r.mu.Unlock()
	if !waited {
		return
	}
	if !r.sleep(time.Until(due), nil) {
		return
	}
	r.mu.Lock()
	latest := r.next.begun.Add(gatherAtMost)
	r.mu.Unlock()
	for r.busy() && time.Now().Before(latest) {
		if !r.sleep(time.Until(latest), r.quiet) {
			return
		}
	}
}

func (r *refreshes) busy() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.writing > 0
}

// sleep returns after a time, or as soon as the channel gets a value. It reports
// false when the store is closed.
func (r *refreshes) sleep(length time.Duration, until <-chan struct{}) bool {
	if length <= 0 {
		return true
	}
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-until:
	case <-r.done:
		return false
	}
	return true
}
