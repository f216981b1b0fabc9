package audit

import (
	"context"
	"encoding/json"
	"time"
)

// Ingester takes bulk events in on behalf of a principal.
type Ingester interface {
	// Ingest stores the events and returns what became of each, in order. One bad
	// event never fails the others. When it returns, everything with StatusSuccess
	// is durable.
	//
	// The error is RateLimited, with RetryAfter, when the queue is full: nothing of
	// the call was stored. Forbidden when the principal may not ingest.
	Ingest(ctx context.Context, principal Principal, events []json.RawMessage) ([]EventStatus, error)
}

// EventStatus is what became of one event.
type EventStatus struct {
	UniqueID string // the event's own, or "invalid-<index>" when it has no valid one
	Status   Status
	Message  string // for people: the reason, when it was not stored
	Field    string // the member of the event at fault, if one is; Message begins with it
	// RetryAfter says when to send a StatusTooBusy event again, 0 if unknown.
	RetryAfter time.Duration
}

// Status is the documented status of a processed event.
type Status string

// The statuses. The first is listed in success_events, the next two in
// discard_events (do not send again), the others in retry_events.
const (
	StatusSuccess     Status = "success"
	StatusDuplicate   Status = "duplicate"
	StatusInvalid     Status = "invalid"
	StatusUnprocessed Status = "unprocessed"
	StatusTooBusy     Status = "too_busy"
)
