package format

import (
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/redact"
)

// envelopeOf returns a login flow as it may be seen. It is put together again from its
// records as they may be seen, so that what is said of it repeats nothing redacted.
func envelopeOf(row *audit.Record, redactor *redact.Redactor) (*envelope, error) {
	state, err := flow.StateOf(row)
	if err != nil {
		return nil, err
	}
	f := told(state.Stitched, state.Closed)
	if !redactor.None() {
		f = redacted(f, state, redactor)
	}
	f.ID, f.Revision, f.Closed = row.UniqueID, state.Revision, state.Closed
	return &envelope{f}, nil
}

// told returns what a flow comes to: of one that is closed and that nothing decides,
// that it was abandoned.
func told(s *flow.Stitched, closed bool) *audit.Flow {
	now := time.Time{}
	for _, link := range s.Links {
		if link.Record.Time.After(now) {
			now = link.Record.Time
		}
	}
	if closed {
		now = now.Add(1)
	}
	return s.Flow(now, 0)
}

// decisive are the properties from which it is told how a flow went.
var decisive = []string{"event_name", "result", "event", "stage", "time"}

// redacted returns a flow as it may be seen. Where what decides it is hidden, the
// outcome is still the true one, and there is no verdict: it would be about something
// else.
func redacted(whole *audit.Flow, state flow.State, redactor *redact.Redactor) *audit.Flow {
	s := *state.Stitched
	s.Links = slices.Clone(s.Links)
	for i := range s.Links {
		s.Links[i].Record = redactor.Record(s.Links[i].Record)
	}
	if redactor.Hides("time") {
		slices.SortStableFunc(s.Links, func(a, b audit.Link) int { return a.Record.Time.Compare(b.Record.Time) })
	}
	s.Conflicts = slices.Clone(s.Conflicts)
	for i, c := range s.Conflicts {
		s.Conflicts[i].Value = redactor.Text(c.Key, c.Value)
	}
	s.Org = s.Links[0].Record.Org
	// A removed id is still one: that the records had none would not be true.
	shared := redactor.Text(string(s.Key.SharedID().Field), s.Key.Value)
	s.Key.Value = shared
	if shared == "" {
		s.Key.Value = "removed"
	}
	f := told(&s, state.Closed)
	if shared == "" {
		f.RequestID = ""
	}
	if slices.ContainsFunc(decisive, redactor.Hides) {
		f.Verdict = audit.Verdict{}
		f.Outcome, f.Retries, f.MFA = whole.Outcome, whole.Retries, whole.MFA
	}
	return f
}
