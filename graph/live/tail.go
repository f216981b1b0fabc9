package live

import (
	"context"
	"sync"

	"github.com/authtrail/authtrail/audit"
)

// atOnce is how many rows are read at once, and turns how many of those who are
// behind read at the same time: however many they are, they leave the store to others.
const (
	atOnce = 500
	turns  = 4
)

// Tail is the end of a feed, as long as somebody follows it.
type Tail struct {
	feed   audit.Feed
	flowOf func(*audit.Record) *audit.Flow
	turns  chan struct{}

	mu        sync.Mutex
	recent    *recent // nil while nobody reads
	past      past
	followers int
	behind    int                // of them, those that read the feed themselves
	stop      context.CancelFunc // ends the reading
}

// New returns the tail of a feed; of one of login flows, with what makes a flow of
// a row. It reads nothing until somebody follows.
func New(feed audit.Feed, flowOf func(*audit.Record) *audit.Flow) *Tail {
	return &Tail{feed: feed, flowOf: flowOf, turns: make(chan struct{}, turns)}
}

// enter counts a follower in, and leave out.
func (t *Tail) enter() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.followers++
}

func (t *Tail) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.followers--; t.followers > 0 {
		return
	}
	t.past = past{}
	if t.recent != nil {
		t.stop()
		t.recent = nil
	}
}

// after returns the first few rows after a position, as far as they are at hand;
// whether it is one of the recent positions; and what is closed then when there may be
// more.
func (t *Tail) after(position audit.Position, most int) (items []Item, isRecent bool, moved <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.recent != nil {
		if items, isRecent = t.recent.after(position, most); isRecent {
			return items, true, t.recent.moved
		}
	}
	return t.past.after(position, most), false, nil
}

// passed keeps what somebody who is behind has read.
func (t *Tail) passed(after audit.Position, items []Item) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.past.add(after, items)
}

// start begins to read at a position where a follower has come to the end, unless
// that is done already.
func (t *Tail) start(end audit.Position) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.recent != nil {
		return
	}
	t.recent = newRecent(end)
	ctx, stop := context.WithCancel(context.Background())
	t.stop = stop
	go t.run(ctx, stop, t.recent, end)
}

// run keeps the recent rows until ctx ends or the feed fails: then all who follow
// are left to read the feed, and to learn what is wrong with it, themselves.
func (t *Tail) run(ctx context.Context, stop context.CancelFunc, kept *recent, from audit.Position) {
	defer stop()
	_ = t.read(ctx, kept, from)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.recent == kept {
		t.recent = nil
	}
	kept.wake()
}

func (t *Tail) read(ctx context.Context, kept *recent, position audit.Position) error {
	for {
		came, err := next(ctx, t.feed, position, atOnce)
		if err != nil {
			return err
		}
		t.keep(kept, came)
		position = came.Next
		if len(came.Records) > 0 {
			continue
		}
		if err := t.feed.Wait(ctx, position); err != nil {
			return err
		}
	}
}

func (t *Tail) keep(kept *recent, came audit.FeedBatch) {
	items := t.items(came)
	t.mu.Lock()
	defer t.mu.Unlock()
	kept.add(items, came.Next)
}

// next returns what comes after a position; when that is nothing, with the end of
// the feed, so that readers who came there by different ways are at the same place.
func next(ctx context.Context, feed audit.Feed, after audit.Position, limit int) (audit.FeedBatch, error) {
	came, err := feed.Since(ctx, after, limit)
	if err != nil || len(came.Records) > 0 {
		return came, err
	}
	end, err := feed.End(ctx)
	if err != nil || end == after {
		return came, err
	}
	came, err = feed.Since(ctx, after, limit) // what lies before the end was there to be read
	if err == nil && len(came.Records) == 0 {
		came.Next = end
	}
	return came, err
}
