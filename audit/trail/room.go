package trail

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/authtrail/authtrail/audit"
)

// room is where readings have their places: a number of bytes, of which each caller
// has half at most.
type room struct {
	size  int64
	whole *semaphore.Weighted

	mu      sync.Mutex
	callers map[audit.Caller]*half // of those who have a place, or wait for one
}

// half is what one caller may take.
type half struct {
	*semaphore.Weighted

	users int // places, and those who wait for one
}

func newRoom(size int64) *room {
	return &room{size: size, whole: semaphore.NewWeighted(size), callers: map[audit.Caller]*half{}}
}

// place is a part of the room.
type place struct {
	room   *room
	caller audit.Caller
	half   *half
	taken  int64
}

// take waits until there is so much room for a caller, at most half of all of it,
// or ctx ends.
func (r *room) take(ctx context.Context, caller audit.Caller, bytes int64) (*place, error) {
	p := &place{room: r, caller: caller, half: r.enter(caller), taken: min(bytes, r.size/2)}
	if err := p.half.Acquire(ctx, p.taken); err != nil {
		r.leave(p)
		return nil, err
	}
	if err := r.whole.Acquire(ctx, p.taken); err != nil {
		p.half.Release(p.taken)
		r.leave(p)
		return nil, err
	}
	return p, nil
}

// enter returns the half of a caller, who leaves it with its last place.
func (r *room) enter(caller audit.Caller) *half {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.callers[caller]
	if h == nil {
		h = &half{Weighted: semaphore.NewWeighted(r.size / 2)}
		r.callers[caller] = h
	}
	h.users++
	return h
}

func (r *room) leave(p *place) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.half.users--; p.half.users == 0 {
		delete(r.callers, p.caller)
	}
}

// shrink gives back what is over the bytes that are needed still: with 0, the place.
func (p *place) shrink(needed int64) {
	over := p.taken - needed
	if over <= 0 {
		return
	}
	p.taken = needed
	p.half.Release(over)
	p.room.whole.Release(over)
	if needed == 0 {
		p.room.leave(p)
	}
}
