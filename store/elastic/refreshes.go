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
//
// Who replaces rows waits for a refresh (begin, finish). Who appends records only
// notes where, and who reads afterwards waits (note, seen): most records are
// written long before anybody asks.
type refreshes struct {
	refresh func(indices []string) error
	run     func(func()) bool // on a goroutine; false when the store is closed
	done    <-chan struct{}

	mu      sync.Mutex
	writing int             // those who will soon wait
	quiet   chan struct{}   // gets a value when there are none
	noted   map[string]bool // indices that hold what no refresh has begun after
	apart   map[string]bool // the same of kinds that only questions which name them find
	showing *round          // the refresh under way of what was noted; nil when there is none
	next    *round          // what the coming refresh has to do; nil when nobody waits for it
	running bool
	due     time.Time // the next one does not begin earlier
}

// round is one refresh, and those who wait for it.
type round struct {
	begun   time.Time // when the first began to wait
	indices map[string]bool
	noted   map[string]bool // those of them that were noted
	over    chan struct{}   // closed when err is set
	err     error
}

const (
	gatherAtMost = time.Second // how long a refresh waits for those who still write

	// Between the beginnings of two refreshes lies some times what the former took,
	// so that they use a part of the cluster only.
	refreshShare    = 4
	refreshDistance = 150 * time.Millisecond // at most
)

// distance is how long after its beginning a refresh that took a while is followed by the next.
func distance(took time.Duration) time.Duration { return min(refreshShare*took, refreshDistance) }

// note says that the indices hold what has to be seen from now on; those apart, what
// has to be seen by questions for kinds apart.
func (r *refreshes) note(indices, apart map[string]bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.Copy(r.noted, indices)
	maps.Copy(r.apart, apart)
}

// seen returns when all that was noted before is visible, what is apart only if
// that is asked for.
func (r *refreshes) seen(ctx context.Context, apart bool) error {
	awaited, err := r.unseen(apart)
	if err != nil || awaited == nil {
		return err
	}
	return awaited.wait(ctx)
}

// unseen returns the refresh that makes visible what was noted, nil where all of it is.
func (r *refreshes) unseen(apart bool) (*round, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if apart {
		maps.Copy(r.noted, r.apart)
		clear(r.apart)
	}
	if len(r.noted) == 0 {
		return r.showing, nil
	}
	return r.join()
}

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
	joined, err := r.join()
	if err == nil {
		maps.Copy(joined.indices, indices)
	}
	return joined, err
}

// join returns the coming refresh. The caller holds r.mu.
func (r *refreshes) join() (*round, error) {
	if r.next == nil {
		r.next = &round{begun: time.Now(), indices: map[string]bool{}, over: make(chan struct{})}
	}
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
		began := time.Now()
		current.err = r.refresh(slices.Sorted(maps.Keys(current.indices)))
		r.end(current, began)
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
	if len(r.noted) > 0 {
		current.noted, r.noted = r.noted, map[string]bool{}
		maps.Copy(current.indices, current.noted)
		r.showing = current
	}
	return current
}

// end tells those who wait that a refresh is over. What a failed one has not
// shown, the next one has to.
func (r *refreshes) end(current *round, began time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if current.err != nil {
		maps.Copy(r.noted, current.noted)
	}
	r.showing = nil
	r.due = began.Add(distance(time.Since(began)))
	close(current.over)
}

// pause keeps the distance to the last refresh, and lets those come along who
// still write.
func (r *refreshes) pause() {
	r.mu.Lock()
	due := r.due
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
