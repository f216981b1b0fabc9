package elastic

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/authtrail/authtrail/audit"
)

// Since implements audit.Feed. It reads what is known to be visible first, and
// asks how far the shards are when there is no more of that.
func (s *Store) Since(ctx context.Context, after audit.Position, limit int) (audit.FeedBatch, error) {
	p, name, err := s.feed.place(ctx, after)
	if err != nil {
		return audit.FeedBatch{}, fmt.Errorf("read the feed: %w", err)
	}
	if limit < 1 {
		return audit.FeedBatch{}, audit.Invalid("limit", "must be at least 1")
	}
	g := &gathering{feed: s.feed, place: p, store: name, limit: limit, most: maxFeedRecords, batch: audit.FeedBatch{Next: after}}
	if err := g.gather(ctx); err != nil {
		return audit.FeedBatch{}, fmt.Errorf("read the feed: %w", err)
	}
	return g.batch, nil
}

// gathering is one batch of the feed that is being read.
type gathering struct {
	feed  *feed
	place place
	store string
	limit int
	batch audit.FeedBatch
	bytes int
	most  int // records to ask for at once
}

// gather reads what is known to be visible, and unless that fills the batch, what
// has come since. An empty batch says that everything acknowledged before the
// call has been given.
func (g *gathering) gather(ctx context.Context) (err error) {
	if err := g.from(ctx, g.feed.views.known()); err != nil && !errors.Is(err, errDropped) || g.room() == 0 {
		return err
	}
	for range attempts {
		if err = g.gatherNews(ctx); !errors.Is(err, errDropped) {
			return err
		}
	}
	return unavailable("Elasticsearch does not find a partition that it lists", err)
}

func (g *gathering) gatherNews(ctx context.Context) error {
	shards, err := g.feed.views.fresh(ctx)
	if err != nil {
		return err
	}
	g.place.forget(shards)
	g.feed.passed.forget(shards)
	if err := g.from(ctx, shards); err != nil || len(g.batch.Records) > 0 || settled(shards, highestOf(shards)) {
		return err
	}
	if shards, err = g.feed.settle(ctx, &g.feed.views); err != nil {
		return err
	}
	return g.from(ctx, shards)
}

// forget drops what was read of shards that are no more. The list must be new:
// an older one lacks the newest partitions.
func (p *place) forget(shards []shard) {
	kept := make(map[shardKey]int64, len(shards))
	for _, s := range shards {
		if next, ok := p.next[s.key]; ok {
			kept[s.key] = next
		}
	}
	p.next = kept
}

// from fills the batch from the shards, beginning after the one that was read
// last: in each round each gets an equal share of what is still wanted, so that
// a full shard never keeps another waiting. When a partition was dropped
// meanwhile and there is nothing else, it is errDropped.
func (g *gathering) from(ctx context.Context, shards []shard) error {
	last := slices.IndexFunc(shards, func(s shard) bool { return s.key == g.place.last })
	shards = slices.Concat(shards[last+1:], shards[:last+1])
	windows, dropped := map[shardKey]int64{}, false
	for {
		round := g.round(shards, windows)
		if len(round) == 0 {
			break
		}
		switch err := g.feed.store.readSections(ctx, round); {
		case errors.Is(err, errTooLarge) && g.most > 1:
			g.most = max(1, g.most/8)
			continue
		case err != nil:
			return err
		}
		if err := g.feed.store.confirm(ctx, round); err != nil {
			return err
		}
		for _, s := range round {
			if s.dropped {
				dropped = true
				shards = slices.DeleteFunc(shards, func(other shard) bool { return other.key == s.key })
			}
		}
		if err := g.take(round); err != nil {
			return err
		}
	}
	if dropped && len(g.batch.Records) == 0 {
		return errDropped
	}
	return nil
}

// round returns what to read next of each shard that has news. Nearly every
// number is a record's, so that some more numbers than records are wanted hold
// them; where they do not, as after a reindex, the window grows.
func (g *gathering) round(shards []shard, windows map[shardKey]int64) (round []section) {
	room := g.room()
	active := slices.DeleteFunc(slices.Clone(shards), func(s shard) bool { return !g.feed.passed.news(s, g.place.next[s.key]) })
	for i, s := range active[:min(len(active), room)] {
		size := (room + len(active) - i - 1) / max(1, len(active)-i)
		room -= size
		windows[s.key] = max(2*windows[s.key], int64(4*size))
		from := g.feed.passed.skip(s.key, g.place.next[s.key])
		round = append(round, section{shard: s, from: from, to: min(s.checkpoint, from+windows[s.key]-1), size: size})
	}
	return round
}

const (
	maxFeedBytes   = 8 << 20 // that a batch holds, about
	maxFeedRecords = 2_000   // that it holds
	assumedBytes   = 2 << 10 // of a record, while none is known
	leastRoom      = 8       // records that are asked for however large they are
)

// room returns how many records more may be asked for.
func (g *gathering) room() int {
	if g.bytes >= maxFeedBytes {
		return 0
	}
	average := int(g.feed.average.Load())
	if n := len(g.batch.Records); n > 0 {
		average = g.bytes / n
	}
	if average == 0 {
		average = assumedBytes
	}
	fits := max((maxFeedBytes-g.bytes)/average, leastRoom)
	return min(fits, g.most, g.limit-len(g.batch.Records), maxFeedRecords-len(g.batch.Records))
}

// take adds what a round has found to the batch. A shard is only said to be read
// further when its records stand in the batch, so that whoever goes on from one
// of them meets those that stand after it.
func (g *gathering) take(round []section) error {
	for _, s := range round {
		if len(s.hits) == 0 && !s.dropped {
			g.feed.passed.add(s.key, s.from, s.to)
			g.place.next[s.key] = s.to + 1
		}
	}
	for _, s := range round {
		if len(s.hits) == 0 {
			continue
		}
		if err := g.add(s); err != nil {
			return err
		}
		g.place.last, g.place.next[s.key] = s.key, s.end()
	}
	if n := len(g.batch.Records); n > 0 {
		g.feed.average.Store(int64(max(1, g.bytes/n)))
	}
	return nil
}

// add adds the records of one shard, each with the position after it.
func (g *gathering) add(s section) error {
	base := g.place.base(g.store)
	if len(base) > maxPositionBytes-maxTailBytes {
		return fmt.Errorf("a position in %d shards is too long: make partitions longer, or of fewer shards", len(g.place.next))
	}
	for _, hit := range s.hits {
		record := g.feed.store.format.record(hit.spot, hit.Source)
		g.bytes += len(record.Raw)
		g.batch.Next = positionAfter(base, s.key, hit.number()+1)
		g.batch.Records, g.batch.Positions = append(g.batch.Records, record), append(g.batch.Positions, g.batch.Next)
	}
	return nil
}
