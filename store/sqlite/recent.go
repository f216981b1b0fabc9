package sqlite

import (
	"sync"
	"sync/atomic"

	"github.com/authtrail/authtrail/audit"
)

// recent is the latest records of the feed of events as they were committed, for
// those who follow it closely: they need not read, decompress and decode again what
// this process has just had in its hands. It is kept while somebody follows, and
// forgotten when nothing comes any more.
type recent struct {
	followed atomic.Bool // the feed was read lately

	mu      sync.Mutex
	commits []committed // in the order of their places, without gaps
	bytes   int
}

// committed is the records of one commit. Those of a commit never change.
type committed struct {
	first   int64 // the place in the feed of the first record
	records []*audit.Record
	bytes   int
}

func (c *committed) next() int64 { return c.first + int64(len(c.records)) }

// maxRecentBytes is how many bytes of events are kept at most: what comes in within
// less than a second. With what was read of it, an event takes twice its size.
const maxRecentBytes = 12 << 20

// add takes the records of a commit, of which the last has a place.
func (r *recent) add(records []*audit.Record, last int64) {
	if !r.followed.Load() || len(records) == 0 {
		return
	}
	c := committed{first: last - int64(len(records)) + 1, records: records}
	for _, record := range records {
		c.bytes += len(record.Raw)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.commits); n > 0 && r.commits[n-1].next() != c.first {
		r.commits, r.bytes = nil, 0
	}
	r.commits, r.bytes = append(r.commits, c), r.bytes+c.bytes
	for r.bytes > maxRecentBytes {
		r.bytes -= r.commits[0].bytes
		r.commits[0] = committed{}
		r.commits = r.commits[1:]
	}
}

// since returns the records behind a place and up to an end, as many as one batch has;
// none where they are not all here.
func (r *recent) since(after, end int64, limit int) []*audit.Record {
	r.followed.Store(true)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.commits) == 0 || r.commits[0].first > after+1 {
		return nil
	}
	var found []*audit.Record
	bytes := 0
	for i := range r.commits {
		c := &r.commits[i]
		for seq := max(after+1, c.first); seq < c.next() && seq <= end; seq++ {
			if len(found) == limit || bytes >= maxFeedBytes {
				return found
			}
			record := c.records[seq-c.first]
			found, bytes = append(found, record), bytes+len(record.Raw)
		}
	}
	return found
}

// forget lets go of all.
func (r *recent) forget() {
	r.followed.Store(false)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.commits, r.bytes = nil, 0
}
