package indexer

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/authtrail/authtrail/audit"
)

// Options configure an Indexer. Zero values mean the defaults.
type Options struct {
	QueueEvents int // events that may be under way at once; default 200,000
	QueueBytes  int // bytes of them, as sent; default 64 MiB
	BatchEvents int // events that are written at once; default 2,000
	BatchBytes  int // bytes of them; default 2 MiB

	// Pace is called before the events of a call are taken, and may wait for a moment
	// when those who follow the records do not keep up; nil for no wait.
	Pace func(context.Context)

	Logger *slog.Logger // default slog.Default()
}

// Indexer implements audit.Ingester over a store.
type Indexer struct {
	store             audit.Appender
	options           Options
	queue             *queue
	decoders, batches chan struct{} // tokens
	decodeEvent       func(raw json.RawMessage, org string) (*audit.Record, error)
}

const (
	// maxDecoders is how many batches are decoded at once, whatever the number of
	// calls: the store needs the processors more.
	maxDecoders = 2
	// maxBatches is how many batches are decoded or being written at once. Decoded
	// events are several times as large as their text; some must wait all the same,
	// since the store writes what waits together.
	maxBatches = 8
)

// New returns an Indexer that writes to the store.
func New(store audit.Appender, options Options) *Indexer {
	options.QueueEvents = orDefault(options.QueueEvents, 200_000)
	options.QueueBytes = orDefault(options.QueueBytes, 64<<20)
	options.BatchEvents = orDefault(options.BatchEvents, 2_000)
	options.BatchBytes = orDefault(options.BatchBytes, 2<<20)
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	return &Indexer{
		store:    store,
		options:  options,
		queue:    newQueue(options.QueueEvents, options.QueueBytes),
		decoders: make(chan struct{}, maxDecoders),
		batches:  make(chan struct{}, maxBatches),

		decodeEvent: audit.DecodeEvent,
	}
}

func orDefault(value, standard int) int {
	if value <= 0 {
		return standard
	}
	return value
}

// Ingest implements audit.Ingester. Each event is judged by itself: one that
// cannot be read, or that names an org outside the principal's scope, is
// StatusInvalid with the reason.
//
// When the store fails after a part of the call was stored, the rest is
// StatusUnprocessed; when nothing was stored, the store's error is returned.
// The events are only read, and not after Ingest has returned.
func (x *Indexer) Ingest(ctx context.Context, principal audit.Principal, events []json.RawMessage) ([]audit.EventStatus, error) {
	if principal.Role < audit.RoleEditor {
		return nil, &audit.Error{Code: audit.Forbidden, Message: "sending events needs the role editor or owner"}
	}
	size := 0
	for _, event := range events {
		size += len(event)
	}
	if err := x.queue.enter(len(events), size); err != nil {
		return nil, err
	}
	defer x.queue.leave(len(events), size)

	if x.options.Pace != nil {
		x.options.Pace(ctx)
	}
	c := call{Indexer: x, principal: principal, events: events, statuses: make([]audit.EventStatus, len(events))}
	if err := c.run(ctx); err != nil {
		return nil, err
	}
	return c.statuses, nil
}

// Depth returns how many events are under way, and their bytes.
func (x *Indexer) Depth() (events, bytes int) { return x.queue.depth() }

// Drain refuses new calls as Unavailable and returns when those under way have
// ended, or with ctx's error. It may be called again.
func (x *Indexer) Drain(ctx context.Context) error { return x.queue.drain(ctx) }
