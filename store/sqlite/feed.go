package sqlite

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/authtrail/authtrail/audit"
)

// feedEnd is the last number of the feed, and wakes those who wait for the next.
type feedEnd struct {
	mu    sync.Mutex
	seq   int64
	moved chan struct{} // closed and replaced when seq moves, or the store closes
}

func newFeedEnd(seq int64) *feedEnd { return &feedEnd{seq: seq, moved: make(chan struct{})} }

// now returns the end, and a channel that is closed when there may be more.
func (f *feedEnd) now() (int64, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seq, f.moved
}

func (f *feedEnd) advance(seq int64) {
	if seq == 0 { // nothing was added
		return
	}
	f.mu.Lock()
	f.seq = seq
	f.mu.Unlock()
	f.wake()
}

func (f *feedEnd) wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.moved)
	f.moved = make(chan struct{})
}

// positionPrefix names the version of the form: s1_<database>_<number>.
const positionPrefix = "s1_"

func (s *Store) position(seq int64) audit.Position {
	return audit.Position(positionPrefix + s.identity.name + "_" + strconv.FormatInt(seq, 10))
}

// parsePosition returns the number of a position that this database gave.
func (s *Store) parsePosition(p audit.Position) (int64, error) {
	if p == "" {
		return 0, nil
	}
	digits, ok := strings.CutPrefix(string(p), positionPrefix+s.identity.name+"_")
	seq, err := strconv.ParseInt(digits, 10, 64)
	end, _ := s.feed.now()
	if !ok || err != nil || seq < 0 || seq > end || s.position(seq) != p {
		return 0, audit.Invalid("after", "the position does not come from this store; start again without it")
	}
	return seq, nil
}

// End implements audit.Feed.
func (s *Store) End(ctx context.Context) (audit.Position, error) {
	if s.closing() {
		return "", errClosed()
	}
	end, _ := s.feed.now()
	return s.position(end), ctx.Err()
}

// Since implements audit.Feed.
func (s *Store) Since(ctx context.Context, after audit.Position, limit int) (audit.FeedBatch, error) {
	seq, err := s.parsePosition(after)
	if err != nil {
		return audit.FeedBatch{}, err
	}
	if limit < 1 {
		return audit.FeedBatch{}, audit.Invalid("limit", "must be at least 1")
	}
	if s.closing() {
		return audit.FeedBatch{}, errClosed()
	}
	batch := audit.FeedBatch{Next: after}
	if err := s.since(ctx, seq, limit, &batch); err != nil {
		return audit.FeedBatch{}, s.failed(ctx, "read the feed", err)
	}
	return batch, nil
}

// maxFeedBytes bounds what a batch of the feed holds, as events may be large.
const maxFeedBytes = 8 << 20

// since reads a batch. It reads no further than the end that has been announced,
// so that a position it gives is one that Wait and Since know already.
func (s *Store) since(ctx context.Context, seq int64, limit int, batch *audit.FeedBatch) error {
	end, _ := s.feed.now()
	if recent := s.recent.since(seq, end, limit); len(recent) > 0 {
		batch.Records, batch.Positions = recent, make([]audit.Position, len(recent))
		for i := range recent {
			batch.Positions[i] = s.position(seq + int64(i) + 1)
		}
		batch.Next = batch.Positions[len(recent)-1]
		return nil
	}
	for more := true; more && len(batch.Records) == 0; {
		var err error
		if seq, more, err = s.readFed(ctx, seq, end, limit, batch); err != nil {
			return err
		}
	}
	return nil
}

// readFed reads rows of the feed. It returns the place of the last one, and whether
// there may be more of them; those that are damaged are passed over.
func (s *Store) readFed(ctx context.Context, seq, end int64, limit int, batch *audit.FeedBatch) (last int64, more bool, err error) {
	rows, err := s.ask.since.QueryContext(ctx, seq, end, limit)
	if err != nil {
		return seq, false, err
	}
	defer func() { _ = rows.Close() }() // what it could say, Err says
	for bytes := 0; bytes < maxFeedBytes && rows.Next(); {
		var r row
		if err := s.layout.scanFed(rows, &r, &seq); err != nil {
			return seq, false, err
		}
		more = true
		record, err := s.record(&r)
		if err != nil {
			s.passOver(ctx, &r, seq, err)
			continue
		}
		bytes += len(record.Raw)
		batch.Next = s.position(seq)
		batch.Records, batch.Positions = append(batch.Records, record), append(batch.Positions, batch.Next)
	}
	return seq, more, rows.Err()
}

// Wait implements audit.Feed.
func (s *Store) Wait(ctx context.Context, after audit.Position) error {
	seq, err := s.parsePosition(after)
	if err != nil {
		return err
	}
	for {
		end, moved := s.feed.now()
		switch {
		case s.closing():
			return errClosed()
		case end > seq:
			if fed, err := s.feeds(ctx, seq, end); err != nil || fed {
				return err
			}
		}
		select {
		case <-moved:
		case <-s.done:
		case <-ctx.Done():
			return fmt.Errorf("wait for records: %w", ctx.Err())
		}
	}
}
