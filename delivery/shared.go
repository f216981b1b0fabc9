package delivery

import (
	"context"
	"sync"

	"golang.org/x/sync/singleflight"

	"github.com/authtrail/authtrail/audit"
)

// sharedFeed reads rows once for all destinations that are at the same place of the
// feed, as most are at its end: what follows a position stays the same, however much
// comes later. Rows of login flows are replaced; who is given one that was, meets the
// newer one later.
type sharedFeed struct {
	Rows
	asking singleflight.Group

	mu     sync.Mutex
	recent []recentBatch // oldest first
	bytes  int
}

type recentBatch struct {
	after audit.Position
	audit.FeedBatch
	bytes int
}

// sharedBytes bounds what is kept of what was read.
const sharedBytes = 16 << 20

func newSharedFeed(rows Rows) *sharedFeed { return &sharedFeed{Rows: rows} }

// Since implements audit.Feed.
func (f *sharedFeed) Since(ctx context.Context, after audit.Position, limit int) (audit.FeedBatch, error) {
	if limit != readLimit {
		return f.Rows.Since(ctx, after, limit)
	}
	if batch, ok := f.known(after); ok {
		return batch, nil
	}
	asked := f.asking.DoChan(string(after), func() (any, error) {
		batch, err := f.Rows.Since(context.WithoutCancel(ctx), after, limit) // others wait for it as well
		if err == nil {
			f.keep(after, batch)
		}
		return batch, err
	})
	select {
	case answer := <-asked:
		batch, _ := answer.Val.(audit.FeedBatch)
		return batch, answer.Err
	case <-ctx.Done():
		return audit.FeedBatch{}, ctx.Err()
	}
}

func (f *sharedFeed) known(after audit.Position) (audit.FeedBatch, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, recent := range f.recent {
		if recent.after == after {
			return recent.FeedBatch, true
		}
	}
	return audit.FeedBatch{}, false
}

// keep keeps a batch until there are newer ones.
func (f *sharedFeed) keep(after audit.Position, batch audit.FeedBatch) {
	if len(batch.Records) == 0 {
		return // there may be more at any time
	}
	kept := recentBatch{after: after, FeedBatch: batch}
	for _, r := range batch.Records {
		kept.bytes += len(r.Raw) + 512
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.recent, f.bytes = append(f.recent, kept), f.bytes+kept.bytes
	for f.bytes > sharedBytes && len(f.recent) > 1 {
		f.bytes -= f.recent[0].bytes
		f.recent[0] = recentBatch{}
		f.recent = f.recent[1:]
	}
}
