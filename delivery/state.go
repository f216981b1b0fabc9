package delivery

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// state is what is remembered of the delivery to a destination, in its lease.
type state struct {
	Content  string         `json:"content"`            // which feed the position is in
	Position audit.Position `json:"position"`           // everything before it is dealt with
	Taken    []string       `json:"taken,omitempty"`    // ids of what comes after it, and is dealt with as well
	Anew     time.Time      `json:"anew,omitzero"`      // the position meant nothing any more: what is older than this is passed over
	CaughtUp time.Time      `json:"caught_up,omitzero"` // when there was nothing to send last

	Delivered   int64 `json:"delivered,omitempty"`
	Skipped     int64 `json:"skipped,omitempty"`
	Retries     int64 `json:"retries,omitempty"`
	DeadLetters int64 `json:"dead_letters,omitempty"`

	LastSuccess  time.Time `json:"last_success,omitzero"`
	LastError    string    `json:"last_error,omitempty"`
	LastErrorAt  time.Time `json:"last_error_at,omitzero"`
	FailingSince time.Time `json:"failing_since,omitzero"` // nothing was taken since
	NextAttempt  time.Time `json:"next_attempt,omitzero"`
	Asked        bool      `json:"asked,omitempty"` // the receiver named the time of the next attempt
	Paused       *pause    `json:"paused,omitempty"`

	Resumed string       `json:"resumed,omitempty"` // the wish to resume that was obeyed last
	Replay  *replayState `json:"replay,omitempty"`
}

// pause is why nothing is sent.
type pause struct {
	Since       time.Time `json:"since"`
	Destination time.Time `json:"destination"` // its Updated: another one resumes
	Opening     bool      `json:"opening,omitempty"`
}

// replayState is how far a replay is.
type replayState struct {
	replayWish
	After      string    `json:"after,omitempty"` // a cursor
	FinishedAt time.Time `json:"finished_at,omitzero"`
	Delivered  int64     `json:"delivered,omitempty"`
}

func (r *replayState) underWay() bool { return r != nil && r.FinishedAt.IsZero() }

// maxState bounds a state, beside which a lease has little.
const maxState = audit.MaxEntryBody - 4<<10

// encode writes the state. Where it would be too long, what was taken out of order
// is forgotten, and sent again after a crash.
func (s *state) encode() (json.RawMessage, error) {
	text, err := json.Marshal(s)
	if len(text) > maxState {
		short := *s
		short.Taken = nil
		text, err = json.Marshal(short)
	}
	if err != nil {
		return nil, fmt.Errorf("write how far a delivery is: %w", err)
	}
	return text, nil
}

func decodeState(text json.RawMessage) (s state, err error) {
	if text == nil {
		return s, nil
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("read how far a delivery is: %w", err)
	}
	return s, nil
}

// health tells the state to those who ask, without its lag.
func (s *state) health() destination.Health {
	h := destination.Health{
		State: destination.Delivering, LastSuccess: s.LastSuccess, LastError: s.LastError, LastErrorAt: s.LastErrorAt,
		Delivered: s.Delivered, Skipped: s.Skipped, Retries: s.Retries, DeadLetters: s.DeadLetters,
	}
	switch {
	case s.Paused != nil:
		h.State, h.PausedSince = destination.Paused, s.Paused.Since
	case !s.FailingSince.IsZero():
		h.State, h.NextAttempt = destination.Retrying, s.NextAttempt
	}
	if r := s.Replay; r != nil {
		h.Replay = r.told()
	}
	return h
}

func (r *replayState) told() *destination.Replay {
	return &destination.Replay{TimeRange: destination.TimeRange{From: r.From, To: r.To},
		RequestedAt: r.At, FinishedAt: r.FinishedAt, Delivered: r.Delivered}
}
