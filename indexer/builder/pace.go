package builder

import (
	"context"
	"slices"
	"time"
)

const (
	// maxBehind is how far the flows may be behind their records before those who
	// bring more are asked to wait.
	maxBehind = 300 * time.Millisecond
	// maxPause is how long they wait at most, and how long the builder may be
	// silent until it is not waited for.
	maxPause = 5 * time.Second
	// letIn is how many of those who wait may go on when a batch was followed: about as
	// many as bring the next one. All at once would bring more than the flows
	// follow, wait again, and leave processors idle meanwhile.
	letIn = 2
)

// Pace returns when more records may come. Where they come faster than their flows
// can be built, and both are done by the same processors, records would take them
// all. It waits while the flows are behind, some seconds at most, and for nothing when
// the builder does not work, or does not get on: records never depend on it. Those who
// wait go on in the order in which they came, a few for each batch that is followed.
func (b *Builder) Pace(ctx context.Context) {
	turn := b.progress.queue(b.options.Now())
	if turn == nil {
		return
	}
	defer b.progress.unqueue(turn)
	latest := time.NewTimer(maxPause)
	defer latest.Stop()
	select {
	case <-turn:
	case <-latest.C:
	case <-ctx.Done():
	}
}

// queue returns a channel that is closed when it is the caller's turn to bring
// records; nil where nobody has to wait.
func (p *progress) queue(now time.Time) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.behind(now) < maxBehind && len(p.queued) == 0 || now.Sub(p.movedAt) > maxPause {
		return nil
	}
	turn := make(chan struct{})
	p.queued = append(p.queued, turn)
	return turn
}

// unqueue lets go of a turn that somebody has not waited for.
func (p *progress) unqueue(turn <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queued = slices.DeleteFunc(p.queued, func(queued chan struct{}) bool { return queued == turn })
}

// admit lets the next few of those who wait go on.
func (p *progress) admit(few int) {
	few = min(few, len(p.queued))
	for _, turn := range p.queued[:few] {
		close(turn)
	}
	p.queued = slices.Delete(p.queued, 0, few)
}
