package destination

import (
	"context"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// Deliverer is what can be asked of the delivery to destinations. Who asks has
// fetched the destination within the caller's scope, and checked the caller's role.
// It works on every process, whichever delivers.
type Deliverer interface {
	// Health returns how the delivery to each destination goes, in their order, in
	// one round trip.
	Health(ctx context.Context, destinations []Destination) ([]Health, error)
	// Test sends one marked event, and reports what the receiver said of it. That the
	// receiver does not take it is a result and not an error.
	Test(ctx context.Context, d Destination) (TestReport, error)
	// DryRun says what the destination would have been sent of the events of a time.
	// It sends nothing, and the destination need not be stored.
	DryRun(ctx context.Context, d Destination, time TimeRange) (DryRunReport, error)
	// Replay has the events of a time sent again, beside what is new: it is durable
	// when Replay returns, and goes on after restarts. A destination has one at a time:
	// another is a Conflict while one is under way.
	Replay(ctx context.Context, d Destination, time TimeRange) (Replay, error)
	// Resume goes on with a delivery that was paused, from where it was. So does a
	// replacement of the destination.
	Resume(ctx context.Context, d Destination) error
	// DeadLetters returns the events that the receiver refused, the latest first: at
	// most limit, those before a dead letter's ID; empty for the first.
	DeadLetters(ctx context.Context, d Destination, before string, limit int) ([]DeadLetter, error)
}

// TimeRange is from an instant, inclusive, to another, exclusive.
type TimeRange struct{ From, To time.Time }

// State is what the delivery to a destination does.
type State string

// The states.
const (
	Disabled   State = "DISABLED"   // its owner says so
	Waiting    State = "WAITING"    // no process has begun with it yet
	Delivering State = "DELIVERING" // what there is to send is sent, or there is nothing
	Retrying   State = "RETRYING"   // the receiver took nothing of late
	Paused     State = "PAUSED"     // the receiver took nothing for long, or wants no more
)

// Health is how the delivery to a destination goes. Counts are since it was created.
type Health struct {
	State       State
	LastSuccess time.Time // when the receiver took something last; zero is never
	LastError   string    // why it did not, the last time; empty once it took something again
	LastErrorAt time.Time
	NextAttempt time.Time // of State Retrying
	PausedSince time.Time // of State Paused

	Delivered   int64 // events that the receiver took
	Skipped     int64 // events of its org that did not pass its filters
	Retries     int64 // attempts that were not the first
	DeadLetters int64 // events that the receiver refused for good

	// LagEvents is how many events of all orgs were stored since the last that was
	// dealt with: an upper bound of what is still to be sent.
	LagEvents int64
	// LagSeconds is for how long the oldest event that is not dealt with has been
	// waiting; 0 where there is none.
	LagSeconds float64
	Replay     *Replay // the last one; nil where there never was any
}

// TestReport is what a receiver said of a test.
type TestReport struct {
	Accepted bool
	Message  string // what it said, or why it could not be asked; never a secret
	Status   int    // of HTTP; 0 for other protocols, and where there was no answer
	Duration time.Duration
	EventID  string // the unique_id that the marked event had
}

// DryRunReport is what a destination would have been sent.
type DryRunReport struct {
	Events, Bytes int64 // that pass the filters, in the destination's format
	Examined      int64 // events of its org in that time
	// Complete is false where there were too many events to read in the time: then
	// the counts are of the latest of them.
	Complete bool
	From     time.Time // of what was counted
}

// Replay is a repetition of the events of a time.
type Replay struct {
	TimeRange
	RequestedAt time.Time
	FinishedAt  time.Time // zero while it is under way
	Delivered   int64
}

// DeadLetter is an event that a receiver refused for good.
type DeadLetter struct {
	ID     string // orders them: of two, the later has the greater
	Key    audit.Key
	Reason string
	At     time.Time
}
