package live

import (
	"context"
	"io"

	"github.com/authtrail/authtrail/audit"
)

// Follower is one who follows a feed. It is not for concurrent use.
type Follower struct {
	tail     *Tail
	position audit.Position // of what was given
	behind   bool           // it reads the feed itself
}

// Follow returns one who follows from a position, or without one from the end. It
// must be closed. A position is tried at once, so that a wrong one is refused.
func (t *Tail) Follow(ctx context.Context, after *audit.Position) (*Follower, error) {
	f := &Follower{tail: t}
	var err error
	if after == nil {
		f.position, err = t.feed.End(ctx)
	} else {
		f.position = *after
		err = t.try(ctx, *after)
	}
	if err != nil {
		return nil, err
	}
	t.enter()
	if after == nil {
		t.start(f.position)
	}
	return f, nil
}

// try returns the error of a position that the feed does not know.
func (t *Tail) try(ctx context.Context, position audit.Position) error {
	t.mu.Lock()
	known := false
	if t.recent != nil {
		_, known = t.recent.after(position, 0)
	}
	t.mu.Unlock()
	if known {
		return nil
	}
	_, err := t.feed.Since(ctx, position, 1)
	return err
}

// Close ends the following.
func (f *Follower) Close() {
	f.fallBehind(false)
	f.tail.leave()
}

// few is how many rows one who follows is handed at once, and so the most that it
// keeps from being forgotten.
const few = 16

// Next waits for the rows that come next, and returns some of them.
func (f *Follower) Next(ctx context.Context) ([]Item, error) {
	for {
		items, isRecent, moved := f.tail.after(f.position, few)
		f.fallBehind(!isRecent)
		var err error
		if len(items) == 0 && !isRecent {
			items, err = f.read(ctx, true)
		}
		if err != nil {
			return nil, err
		}
		if len(items) > 0 {
			f.position = items[len(items)-1].Position
			return items, nil
		}
		if isRecent {
			select {
			case <-moved:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
}

// Stored returns the rows that come next, and io.EOF when all that is stored by
// now was given.
func (f *Follower) Stored(ctx context.Context) ([]Item, error) {
	f.fallBehind(true)
	items, err := f.read(ctx, false)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, io.EOF
	}
	f.position = items[len(items)-1].Position
	return items, nil
}

// read reads the feed when not too many others do, unless one of them has read it
// meanwhile. At its end it may wait for more, where the others are not there, too.
func (f *Follower) read(ctx context.Context, wait bool) ([]Item, error) {
	items, err := f.inTurn(ctx)
	if err != nil || len(items) > 0 || !wait {
		return items, err
	}
	f.tail.start(f.position)
	if _, isRecent, _ := f.tail.after(f.position, 0); isRecent {
		return nil, nil
	}
	return nil, f.tail.feed.Wait(ctx, f.position)
}

func (f *Follower) inTurn(ctx context.Context) ([]Item, error) {
	select {
	case f.tail.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-f.tail.turns }()
	if items, _, _ := f.tail.after(f.position, few); len(items) > 0 {
		return items, nil
	}
	came, err := next(ctx, f.tail.feed, f.position, f.tail.share())
	if err != nil {
		return nil, err
	}
	items := f.tail.items(came)
	if f.tail.passed(f.position, items); len(items) == 0 {
		f.position = came.Next // the end
	}
	return items, nil
}

// The rows that those who read the feed themselves may hold together, and one of
// them at least.
const (
	heldByAll = 8_000
	heldByOne = 20
)

// share returns how many rows one of those who are behind may read at once.
func (t *Tail) share() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(heldByOne, min(atOnce, heldByAll/max(t.behind, 1)))
}

// fallBehind notes whether the follower reads the feed itself.
func (f *Follower) fallBehind(behind bool) {
	if f.behind == behind {
		return
	}
	f.behind = behind
	f.tail.mu.Lock()
	defer f.tail.mu.Unlock()
	if behind {
		f.tail.behind++
	} else {
		f.tail.behind--
	}
}
