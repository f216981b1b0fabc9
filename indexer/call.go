package indexer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/authtrail/authtrail/audit"
)

// call is one Ingest under way.
type call struct {
	*Indexer
	principal audit.Principal
	events    []json.RawMessage
	statuses  []audit.EventStatus // one per event; each batch writes only its own

	stored  bool         // something of the call is durable
	failure *audit.Error // what stopped it
}

// batch is a run of a call's events, decoded.
type batch struct {
	records []*audit.Record
	index   []int // of each record's event in the call
}

// run decodes batches ahead of the one that is being written, and writes them
// one after the other, so that a call's events are stored in the order sent.
func (c *call) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for decoding := range c.decodeAhead(ctx) {
		c.write(ctx, <-decoding)
		<-c.batches
		if c.failure != nil && !c.stored {
			cancel() // the loop goes on until no decoder of this call is left
		}
	}
	switch {
	case c.failure != nil && !c.stored:
		return c.failure
	case ctx.Err() != nil:
		return fmt.Errorf("ingest: %w", ctx.Err())
	}
	return nil
}

// decodeAhead yields the call's batches in order, each as soon as its decoding
// has begun. Every batch holds a token of c.batches, for the receiver to return.
func (c *call) decodeAhead(ctx context.Context) <-chan chan batch {
	batches := make(chan chan batch, 1)
	go func() {
		defer close(batches)
		for from := 0; from < len(c.events); {
			to := c.batchEnd(from)
			if !take(ctx, c.batches) {
				return
			}
			if !take(ctx, c.decoders) {
				<-c.batches
				return
			}
			decoded := make(chan batch, 1)
			go func(from int) {
				b := c.decode(from, to)
				<-c.decoders
				decoded <- b
			}(from)
			batches <- decoded
			from = to
		}
	}()
	return batches
}

func take(ctx context.Context, tokens chan struct{}) bool {
	if ctx.Err() != nil {
		return false
	}
	select {
	case tokens <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// batchEnd returns where the batch that begins at from ends: at least one event
// later, however large that is.
func (c *call) batchEnd(from int) int {
	size := 0
	for i := from; i < len(c.events); i++ {
		size += len(c.events[i])
		if i > from && (size > c.options.BatchBytes || i-from == c.options.BatchEvents) {
			return i
		}
	}
	return len(c.events)
}

func (c *call) decode(from, to int) batch {
	b := batch{records: make([]*audit.Record, 0, to-from), index: make([]int, 0, to-from)}
	for i := from; i < to; i++ {
		record, err := c.read(i)
		if err != nil {
			c.statuses[i] = invalid(c.events[i], i, err)
			continue
		}
		c.statuses[i].UniqueID = record.UniqueID
		b.records = append(b.records, record)
		b.index = append(b.index, i)
	}
	return b
}

// read reads one event. A defect that makes the reader panic costs that event
// and no other; the log says which it was, and not what is in it.
func (c *call) read(index int) (record *audit.Record, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			c.options.Logger.Error("panic while reading an event", "index", index, "stack", string(debug.Stack()))
			record, err = nil, errPanic
		}
	}()
	record, err = c.decodeEvent(c.events[index], c.principal.Org)
	if err != nil {
		return nil, err
	}
	if record.Kind == audit.KindRead {
		return nil, audit.Invalid("subsystem", "%s is kept for the server's own record of who has read", audit.ReadSubsystem)
	}
	if !c.principal.Scope().Allows(record.Org) {
		return nil, audit.Invalid("org_id", "the event names the organisation %q, which is not yours", record.Org)
	}
	return record, nil
}

// errPanic is the reason that the sender of an event learns of a panic.
var errPanic = errors.New("internal error")

// invalid names the event by its own unique_id where that is valid: clients of
// the documented API reject an answer that repeats a bad one.
func invalid(raw json.RawMessage, index int, reason error) audit.EventStatus {
	id, ok := audit.UniqueIDOf(raw)
	if !ok {
		id = fmt.Sprintf("invalid-%d", index)
	}
	status := audit.EventStatus{UniqueID: id, Status: audit.StatusInvalid, Message: reason.Error()}
	if known := (*audit.Error)(nil); errors.As(reason, &known) {
		status.Field = known.Field
	}
	return status
}

// write stores a batch, unless an earlier one has failed.
func (c *call) write(ctx context.Context, b batch) {
	if c.failure == nil && len(b.records) > 0 {
		outcomes, err := c.Indexer.store.Append(ctx, b.records)
		if err == nil {
			c.note(b, outcomes)
			return
		}
		c.failure = audit.AsError(err) // the store has logged it, once for all calls that it concerns
	}
	for _, i := range b.index {
		c.statuses[i].Status = audit.StatusUnprocessed
		c.statuses[i].Message = "not stored: " + c.failure.Message
		c.statuses[i].RetryAfter = c.failure.RetryAfter
	}
}

func (c *call) note(b batch, outcomes []audit.Outcome) {
	for n, outcome := range outcomes {
		status := &c.statuses[b.index[n]]
		switch outcome.Status {
		case audit.Accepted:
			status.Status = audit.StatusSuccess
			c.stored = true
		case audit.Duplicate:
			status.Status, status.Message = audit.StatusDuplicate, "already held"
			c.stored = true // it is durable, and the caller must learn so
		case audit.Rejected:
			status.Status, status.Message = audit.StatusInvalid, outcome.Reason
		}
	}
}
