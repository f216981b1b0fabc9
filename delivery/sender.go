package delivery

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// Sender speaks to the receiver of one destination. Its methods are called one at a
// time.
type Sender interface {
	// Send gives the receiver a batch, in its order, and says what became of it. When it
	// returns without an error, the receiver has answered, as far as its protocol has
	// answers; a file has been written and synced. After an error nobody knows what the
	// receiver took, and the whole batch is sent again: errors are [*Failure] where there
	// is more to say. Errors never hold a secret. Send returns soon after ctx ends.
	Send(ctx context.Context, batch []Message) (Result, error)
	// Close lets connections and files go.
	Close() error
}

// Message is one event as a destination is sent it.
type Message struct {
	// ID is that of the event, the same however often it is sent: the record's
	// unique_id, or the id and the revision of a login flow.
	ID string
	// Time is when it happened.
	Time time.Time
	// Body is the event in the destination's format: one JSON value, or a line of CEF.
	// It has no newline.
	Body []byte
	// Record is the event itself, for senders that put parts of it elsewhere; redacted
	// values are not to be taken from it.
	Record *audit.Record
}

// Result says what became of a batch. A message that is in neither list was taken.
type Result struct {
	Refused []Refusal // which the receiver will never take
	Retry   []int     // the places of those that it wants again, in their order
	// After is how long it wants to be left alone before that; 0 where it did not say.
	After time.Duration
	// Status is that of HTTP, 0 for other protocols. Answer is what the receiver said,
	// cut to a few hundred bytes: for the report of a test.
	Status int
	Answer string
}

// Refusal is a message that the receiver refused for good.
type Refusal struct {
	Place  int // in the batch
	Reason string
}

// Failure is why nothing is known of a batch.
type Failure struct {
	Reason string // for the destination's owner
	// After is how long the receiver wants to be left alone; 0 where it did not say.
	After time.Duration
	// Gone says that it wants nothing any more: the delivery is paused at once.
	Gone   bool
	Status int // of HTTP; 0 where there was no answer
	Err    error
}

func (f *Failure) Error() string { return f.Reason }

// Unwrap returns what was behind it.
func (f *Failure) Unwrap() error { return f.Err }

// FailureOf returns an error as a Failure.
func FailureOf(err error) *Failure {
	var failure *Failure
	if errors.As(err, &failure) {
		return failure
	}
	return &Failure{Reason: audit.AsError(err).Message, Err: err}
}

// Open makes the sender of a destination, whose secrets it has. It does not speak to
// the receiver yet. An error pauses the destination until it is replaced.
type Open func(d destination.Destination) (Sender, error)

// Dial connects to a receiver, unless its address is one that destinations may not
// lead to, which is a [*Failure].
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Encoder writes events in a destination's format.
type Encoder interface {
	// Encode appends the form of a record, or of a row of a login flow, to a buffer,
	// with the redactions made. It has no newline. The error is about this record alone,
	// which becomes a dead letter.
	Encode(to []byte, r *audit.Record) ([]byte, error)
	// Filterable returns the object whose properties the destination's filters compare:
	// the event, or the envelope of a login flow.
	Filterable(r *audit.Record) []byte
}

// NewEncoder makes the encoder of a destination, whose secrets it has.
type NewEncoder func(d destination.Destination) (Encoder, error)
