package builder

import (
	"context"
	"time"
)

const (
	// maxBehind is how far the flows may be behind their records before those who
	// bring more are asked to wait.
	maxBehind = 300 * time.Millisecond
	// maxPause is how long they wait at most, and how long the builder may be
	// silent until it is not waited for.
	maxPause = 5 * time.Second
)

// Pace returns when more records may come. Where they come faster than their flows
// can be built, and both are done by the same processors, records would take them
// all. It waits while the flows are behind, some seconds at most, and for nothing when
// the builder does not work, or does not get on: records never depend on it.
func (b *Builder) Pace(ctx context.Context) {
	latest := time.NewTimer(maxPause)
	defer latest.Stop()
	for {
		moved := b.progress.mayPause(b.options.Now())
		if moved == nil {
			return
		}
		select {
		case <-moved:
		case <-latest.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// mayPause returns a channel that is closed when the builder has got on, where it
// is to be waited for; else nil.
func (p *progress) mayPause(now time.Time) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.behind(now) < maxBehind || now.Sub(p.movedAt) > maxPause {
		return nil
	}
	if p.moved == nil {
		p.moved = make(chan struct{})
	}
	return p.moved
}
