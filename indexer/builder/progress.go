package builder

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// Stats are what the builder of this process has done since it was started.
type Stats struct {
	Working   bool          // it holds the lease
	Behind    time.Duration // since when there are acknowledged records that are in no flow yet
	Records   uint64        // that were followed
	Written   uint64        // flows that were stored, in a first or a further revision
	Closed    uint64        // those of them that were stored since nothing happened any more
	Removed   uint64        // flows whose records are all in others by now
	Conflicts uint64        // batches that were taken again, since another had changed a flow
	Failures  uint64        // attempts that failed, and were repeated
	Skipped   uint64        // records that could not be followed; the log names them
}

// progress is what others ask of a builder while it works.
type progress struct {
	mu       sync.Mutex
	ended    bool // Run has returned
	stats    Stats
	current  time.Time       // what was acknowledged before is followed
	waiting  bool            // for records: what is acknowledged by now is followed
	position audit.Position  // likewise, as a place
	ends     []feedEnd       // of the feed, when it was read; those that were not passed yet, oldest first
	movedAt  time.Time       // when records were followed
	queued   []chan struct{} // the turns of those who wait to bring records, in their order
	reads    uint64          // of the feed, that have begun
	waiters  map[*waiter]struct{}
	roused   func() // ends the wait for records; nil while there is none
}

// feedEnd is a place up to which there were records at a time.
type feedEnd struct {
	position audit.Position
	at       time.Time
}

// waiter waits until the builder has passed a position.
type waiter struct {
	position audit.Position
	reads    uint64 // that had begun before it came
	done     chan struct{}
}

// count changes the stats.
func (p *progress) count(change func(*Stats)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.stats)
}

// read notes that a read of the feed begins, and returns its number.
func (p *progress) read(now time.Time) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reads++
	if p.waiting {
		p.waiting, p.current = false, now
	}
	return p.reads
}

// hasEnd notes where the feed ended when it was read.
func (p *progress) hasEnd(end audit.Position, read time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.ends); n == 0 || p.ends[n-1].position != end {
		p.ends = append(p.ends, feedEnd{end, read})
	}
}

// followed notes that the records of a batch are in their flows. Where it was the
// last one, all that was acknowledged before it was read is followed.
func (p *progress) followed(batch audit.FeedBatch, last bool, read, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Records += uint64(len(batch.Records))
	p.position, p.movedAt = batch.Next, now
	if last {
		p.current = read
		p.ends = slices.DeleteFunc(p.ends, func(e feedEnd) bool { return !e.at.After(read) }) // the next may have been read by now
	}
	p.pass(batch)
	if p.behind(now) < maxBehind {
		p.admit(letIn)
	}
}

// pass notes which places a batch has passed.
func (p *progress) pass(batch audit.FeedBatch) {
	if len(p.waiters) == 0 && len(p.ends) == 0 {
		return
	}
	passed := map[audit.Position]bool{batch.Next: true}
	for _, position := range batch.Positions {
		passed[position] = true
	}
	for len(p.ends) > 0 && passed[p.ends[0].position] {
		p.current, p.ends = p.ends[0].at, p.ends[1:]
	}
	p.release(func(w *waiter) bool { return passed[w.position] })
}

// atEnd notes that a read of the feed has found nothing.
func (p *progress) atEnd(number uint64, position audit.Position, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.position, p.current, p.waiting, p.ends, p.movedAt = position, now, true, nil, now
	p.admit(len(p.queued))
	p.release(func(w *waiter) bool { return w.reads < number })
}

// rouse lets those who come to wait from now on end a wait for records, until what it returns is called.
func (p *progress) rouse(end func()) (over func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.roused = end
	if len(p.waiters) > 0 {
		end()
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.roused = nil
	}
}

func (p *progress) release(which func(*waiter) bool) {
	for w := range p.waiters {
		if which(w) {
			close(w.done)
			delete(p.waiters, w)
		}
	}
}

// begin and end say whether this process's builder is at work.
func (p *progress) begin(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Working, p.current, p.waiting, p.ends = true, now, false, nil
}

func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Working, p.waiting, p.position = false, false, ""
	p.admit(len(p.queued))
}

// stop says that Run has returned; nobody waits for it any more.
func (p *progress) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.release(func(*waiter) bool { return true })
}

func (p *progress) behind(now time.Time) time.Duration {
	if !p.stats.Working || p.waiting || p.current.IsZero() {
		return 0
	}
	return now.Sub(p.current)
}

// await returns who waits until a position is passed, nil where it is passed already.
func (p *progress) await(position audit.Position) *waiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.position == position || p.ended {
		return nil
	}
	w := &waiter{position, p.reads, make(chan struct{})}
	if p.waiters == nil {
		p.waiters = map[*waiter]struct{}{}
	}
	p.waiters[w] = struct{}{}
	if p.roused != nil {
		p.roused()
	}
	return w
}

func (p *progress) leave(w *waiter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.waiters, w)
}

// Stats returns what was done up to now.
func (b *Builder) Stats() Stats {
	b.progress.mu.Lock()
	defer b.progress.mu.Unlock()
	stats := b.progress.stats
	stats.Behind = b.progress.behind(b.options.Now())
	return stats
}

// CatchUp returns as soon as everything that was acknowledged before is in its
// flows, or a time has passed, or at once where Run has ended, or another process
// may be at work. Run may be called a little later.
func (b *Builder) CatchUp(ctx context.Context, atMost time.Duration) error {
	if !b.options.Alone && !b.Stats().Working {
		return nil
	}
	end, err := b.options.Records.End(ctx)
	if err != nil {
		return fmt.Errorf("catch up with the records: %w", err)
	}
	waiter := b.progress.await(end)
	if waiter == nil {
		return nil
	}
	defer b.progress.leave(waiter)
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-waiter.done:
	case <-timer.C:
	case <-ctx.Done():
		return fmt.Errorf("catch up with the records: %w", ctx.Err())
	}
	return nil
}
