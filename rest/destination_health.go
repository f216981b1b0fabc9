package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// health is how a delivery goes, as the API has it. What there is not is left out.
type health struct {
	State       string  `json:"state"`
	LastSuccess string  `json:"last_success,omitempty"`
	LastError   string  `json:"last_error,omitempty"`
	LastErrorAt string  `json:"last_error_at,omitempty"`
	NextAttempt string  `json:"next_attempt,omitempty"`
	PausedSince string  `json:"paused_since,omitempty"`
	Delivered   int64   `json:"delivered"`
	Skipped     int64   `json:"skipped"`
	Retries     int64   `json:"retries"`
	DeadLetters int64   `json:"dead_letters"`
	LagEvents   *int64  `json:"lag_events,omitempty"`
	LagSeconds  float64 `json:"lag_seconds"`
	Replay      *replay `json:"replay,omitempty"`
}

// replay is a repetition of the events of a time.
type replay struct {
	From        string `json:"from"`
	To          string `json:"to"`
	RequestedAt string `json:"requested_at"`
	FinishedAt  string `json:"finished_at,omitempty"`
	Delivered   int64  `json:"delivered"`
}

// destinationHealth answers how the delivery to a destination goes.
func (a *api) destinationHealth(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), a.Timeout)
	defer cancel()
	found, err := a.destinationOf(ctx, r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	told, err := a.Health(ctx, []destination.Destination{found})
	if err != nil {
		a.fail(w, r, err)
		return
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // receivers answer with pages, which people are to read
	if err := encoder.Encode(healthFor(audit.PrincipalFrom(r.Context()), told[0])); err != nil {
		a.fail(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, text.Bytes())
}

// healthFor is the health as a caller may see it: how many events are behind counts
// the events of all organisations.
func healthFor(p audit.Principal, h destination.Health) health {
	shown := health{
		State: strings.ToLower(string(h.State)), LastSuccess: moment(h.LastSuccess), LastError: h.LastError,
		LastErrorAt: moment(h.LastErrorAt), NextAttempt: moment(h.NextAttempt), PausedSince: moment(h.PausedSince),
		Delivered: h.Delivered, Skipped: h.Skipped, Retries: h.Retries, DeadLetters: h.DeadLetters, LagSeconds: h.LagSeconds,
	}
	if p.Scope().All() {
		shown.LagEvents = &h.LagEvents
	}
	if h.Replay != nil {
		shown.Replay = &replay{From: moment(h.Replay.From), To: moment(h.Replay.To), RequestedAt: moment(h.Replay.RequestedAt),
			FinishedAt: moment(h.Replay.FinishedAt), Delivered: h.Replay.Delivered}
	}
	return shown
}

// moment writes a time, empty for none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(destination.TimeFormat)
}
