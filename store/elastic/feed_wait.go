package elastic

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
)

const (
	pollInterval = 300 * time.Millisecond // how late a reader learns of what other processes append
	pollPatience = 10 * time.Second       // how long a cluster may fail to answer before readers hear of it
)

// Wait implements audit.Feed. What this process appends wakes it at once; what
// others append it sees within a moment, as all who wait share one poll.
func (s *Store) Wait(ctx context.Context, after audit.Position) error {
	p, _, err := s.feed.place(ctx, after)
	if err == nil {
		err = s.feed.wait(ctx, p)
	}
	if err != nil {
		return fmt.Errorf("wait for records: %w", err)
	}
	return nil
}

func (f *feed) wait(ctx context.Context, p place) error {
	answered := time.Now()
	var age time.Duration // at first, of an answer: it must be from after the call
	for {
		moved := f.movement() // before asking: what is appended from now on must not be missed
		shards, err := f.numbers.recent(ctx, age)
		switch {
		case err == nil:
			answered = time.Now()
			if slices.ContainsFunc(shards, func(s shard) bool { return f.passed.news(s, p.next[s.key]) }) {
				return nil
			}
		case ctx.Err() != nil || f.store.closing() || time.Since(answered) > pollPatience:
			return err
		}
		age = pollInterval * 3 / 4
		if err := f.pause(ctx, pollInterval, moved); err != nil {
			return err
		}
		if isClosed(moved) {
			return nil
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
