package sqlite

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/authtrail/authtrail/audit"
)

// item is one record on its way into the database, made ready outside the writer.
type item struct {
	record *audit.Record
	hash   uint64 // of its key
	nanos  int64
	indexed
	body []byte

	slot int64 // where its key stands in the uid table
	id   int64
}

func (it *item) milli() int64 { return it.nanos / nanosPerMilli }

// firstID returns the row id that the item gets when it is the first of its kind in its millisecond.
func (it *item) firstID() int64 { return firstIDOf(it.milli(), it.record.Kind) }

// job is one batch that waits for the writer.
type job struct {
	items    []*item // nil where the outcome is known already
	outcomes []audit.Outcome
	bytes    int
	written  chan error // gets one value
}

// Append implements audit.Appender. Batches that wait at the same time are
// committed together.
func (s *Store) Append(ctx context.Context, batch []*audit.Record) ([]audit.Outcome, error) {
	switch {
	case s.layout.rows:
		return nil, &audit.Error{Code: audit.Internal, Message: "rows that change are not appended"}
	case len(batch) == 0:
		return nil, ctx.Err()
	}
	if s.closing() {
		return nil, errClosed()
	}
	j := s.newJob(batch)
	select {
	case s.jobs <- j:
	case <-s.done:
		return nil, errClosed()
	case <-ctx.Done():
		return nil, fmt.Errorf("append records: %w", ctx.Err())
	}
	select {
	case err := <-j.written:
		if err != nil {
			return nil, err
		}
		return j.outcomes, nil
	case <-s.stopped:
		return j.afterStop()
	case <-ctx.Done():
		return nil, fmt.Errorf("append records: %w", ctx.Err())
	}
}

// afterStop returns what became of a job when the writer has finished, maybe
// without having seen it.
func (j *job) afterStop() ([]audit.Outcome, error) {
	select {
	case err := <-j.written:
		if err == nil {
			return j.outcomes, nil
		}
		return nil, err
	default:
		return nil, errClosed()
	}
}

// encodeChunk is how many records are worth a goroutine of their own.
const encodeChunk = 128

// newJob does all that can be done without the database: it is most of the
// work, and happens on the callers' goroutines, beside the writer.
func (s *Store) newJob(batch []*audit.Record) *job {
	j := &job{
		items: make([]*item, len(batch)), outcomes: make([]audit.Outcome, len(batch)), written: make(chan error, 1),
	}
	chunk := max(encodeChunk, (len(batch)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for from := 0; from < len(batch); from += chunk {
		to := min(from+chunk, len(batch))
		encode := func() {
			for i := from; i < to; i++ {
				j.items[i], j.outcomes[i] = s.encode(batch[i])
			}
		}
		if to == len(batch) {
			encode()
			break
		}
		wait.Go(encode)
	}
	wait.Wait()
	for _, it := range j.items {
		if it != nil {
			j.bytes += len(it.terms) + len(it.body)
		}
	}
	return j
}

// encode makes a record ready, or says why it cannot be held. A defect that
// makes it panic costs that record and no other, since it happens on goroutines
// of the store's own.
func (s *Store) encode(r *audit.Record) (it *item, outcome audit.Outcome) {
	defer func() {
		if reason := recover(); reason != nil {
			s.log.Error("panic while making a record ready", "stack", string(debug.Stack()))
			it, outcome = nil, audit.Outcome{Status: audit.Rejected, Reason: "internal error"}
		}
	}()
	switch {
	case r == nil:
		return nil, audit.Outcome{Status: audit.Rejected, Reason: "there is no record"}
	case s.layout.kindUnknown(r.Kind):
		return nil, audit.Outcome{Status: audit.Rejected, Reason: "the kind of event is unknown"}
	case !audit.InTimeRange(r.Time):
		return nil, audit.Outcome{Status: audit.Rejected, Reason: "the time is not from 1970 to 2261"}
	}
	return &item{
		record:  r,
		hash:    s.keyHash(r.Key()),
		nanos:   r.Time.UnixNano(),
		indexed: s.terms.index(r),
		body:    s.bodies.encode(r.Raw),
	}, audit.Outcome{}
}

// keyHash is where a record's key is looked for in the uid table.
func (s *Store) keyHash(key audit.Key) uint64 {
	return s.identity.key.sum([]byte(key.Org + "\x00" + key.UniqueID))
}
