package elastic

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// feed is what a store knows of its feed; docs/adr/0008-feed-of-elasticsearch.md
// says how it works.
type feed struct {
	store   *Store
	numbers shared             // how far the shards are
	views   shared             // how far they are, and everything up to there visible
	visible map[shardKey]int64 // as the last view left it; only views use it
	due     time.Time          // when the next view may refresh; likewise
	passed  passed
	origins origins
	average atomic.Int64 // bytes of a record in the last batch

	mu    sync.Mutex
	name  string        // of the store, once it is known
	moved chan struct{} // closed and replaced when this process has appended
}

func newFeed(s *Store) *feed {
	f := &feed{store: s, moved: make(chan struct{}), passed: passed{spans: map[shardKey]span{}}}
	f.numbers = shared{read: f.readStreams, run: s.background}
	f.views = shared{read: f.readVisible, run: s.background}
	return f
}

// notify wakes those who wait for records: this process has appended some.
func (f *feed) notify() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.moved)
	f.moved = make(chan struct{})
}

// movement returns a channel that is closed by the next append of this process.
func (f *feed) movement() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.moved
}

// storeName returns the name of the store in positions. The first process that
// asks for it makes it up.
func (f *feed) storeName(ctx context.Context) (string, error) {
	f.mu.Lock()
	name := f.name
	f.mu.Unlock()
	if name != "" {
		return name, nil
	}
	name, err := f.store.claimName(ctx)
	if err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.name = name
	return name, nil
}

// storeKey is where the registry has the name of the store.
var storeKey = audit.EntryKey{Kind: "store", ID: "name"}

// claimName returns the name that the registry has, or puts one there.
func (s *Store) claimName(ctx context.Context) (string, error) {
	for range attempts {
		entry, err := s.Get(ctx, storeKey)
		if err == nil {
			var name string
			err = json.Unmarshal(entry.Body, &name)
			return name, err
		}
		if audit.AsError(err).Code != audit.NotFound {
			return "", err
		}
		if _, err = s.Put(ctx, audit.Entry{EntryKey: storeKey, Body: []byte(strconv.Quote(strings.ToLower(rand.Text()[:8])))}); err != nil && audit.AsError(err).Code != audit.Conflict {
			return "", err
		}
	}
	return "", errors.New("the name of the store does not stay in the registry")
}

// place takes a position apart.
func (f *feed) place(ctx context.Context, after audit.Position) (place, string, error) {
	if err := ctx.Err(); err != nil {
		return place{}, "", err
	}
	if f.store.closing() {
		return place{}, "", errClosed()
	}
	name, err := f.storeName(ctx)
	if err != nil {
		return place{}, "", err
	}
	p, err := parsePosition(after, name)
	return p, name, err
}

// End implements audit.Feed.
func (s *Store) End(ctx context.Context) (audit.Position, error) {
	p, name, err := s.feed.place(ctx, "")
	if err != nil {
		return "", fmt.Errorf("find the end of the feed: %w", err)
	}
	shards, err := s.feed.settle(ctx, &s.feed.numbers)
	if err != nil {
		return "", fmt.Errorf("find the end of the feed: %w", err)
	}
	last := shardKey{}
	for _, shard := range shards {
		last = shard.key
		p.next[last] = shard.checkpoint + 1
	}
	return positionAfter(p.base(name), last, p.next[last]), nil
}

const (
	settlePause  = 10 * time.Millisecond
	settleWithin = 15 * time.Second // what is being written then waits for a copy that does not answer
)

// settle returns the shards when all that had a number when it was called is
// under the checkpoints: only then is everything that was acknowledged.
func (f *feed) settle(ctx context.Context, asked *shared) ([]shard, error) {
	shards, err := asked.fresh(ctx)
	if err != nil {
		return nil, err
	}
	highest := highestOf(shards)
	for deadline := time.Now().Add(settleWithin); !settled(shards, highest); {
		if time.Now().After(deadline) {
			return nil, unavailable("Elasticsearch has not finished what is being written", errors.New("the checkpoints do not move"))
		}
		if err := f.pause(ctx, settlePause, nil); err != nil {
			return nil, err
		}
		if shards, err = asked.fresh(ctx); err != nil {
			return nil, err
		}
	}
	return shards, nil
}

// pause returns after a time, or as soon as the channel is closed.
func (f *feed) pause(ctx context.Context, length time.Duration, until <-chan struct{}) error {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-until:
	case <-f.store.done:
		return errClosed()
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
