package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/authtrail/authtrail/audit"
)

func (a *api) bulkCreateEvents(w http.ResponseWriter, r *http.Request) {
	if err := a.Spend(r.Context(), w.Header(), 0); err != nil {
		drain(w, r)
		a.fail(w, r, err)
		return
	}
	body, free, err := a.readBody(w, r, maxBulkBody)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	defer free()
	sent, err := readBulk(body)
	if err != nil {
		a.fail(w, r, a.spendMistake(w, r, err))
		return
	}
	if err := a.spendBulk(w, r, len(sent.events)); err != nil {
		a.fail(w, r, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), a.Timeout)
	defer cancel()
	outcomes, err := a.Ingester.Ingest(ctx, audit.PrincipalFrom(r.Context()), sent.events)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	answer := processed{withEvents: sent.respondWithEvents}
	if sent.respondWithEvents || !allStored(outcomes) {
		for i, outcome := range outcomes {
			answer.add(outcome, sent.events[i])
		}
	}
	if answer.wait > 0 {
		w.Header().Set("Retry-After", retryAfter(answer.wait))
	}
	writeJSON(w, http.StatusCreated, answer.json())
}

// spendBulk takes 1 for each event. What is too much at once for its sender is
// answered as a body that is too large: the sender can divide it.
func (a *api) spendBulk(w http.ResponseWriter, r *http.Request, events int) error {
	err := a.Spend(r.Context(), w.Header(), int64(max(events, 1)))
	if err != nil && audit.AsError(err).Code == audit.TooComplex {
		return &audit.Error{Code: tooLargeCode, Message: audit.AsError(err).Message + "; send fewer events at once"}
	}
	return err
}

// allStored reports whether there is nothing to tell the sender: empty lists
// mean that every event was stored.
func allStored(outcomes []audit.EventStatus) bool {
	for i := range outcomes {
		if outcomes[i].Status != audit.StatusSuccess {
			return false
		}
	}
	return true
}

// processed gathers the documented answer.
type processed struct {
	withEvents              bool
	success, discard, retry []byte
	wait                    time.Duration // the longest that an event is to wait
}

func (p *processed) add(outcome audit.EventStatus, raw json.RawMessage) {
	list := &p.retry
	switch outcome.Status {
	case audit.StatusSuccess:
		list = &p.success
	case audit.StatusDuplicate, audit.StatusInvalid:
		list = &p.discard
	default:
		p.wait = max(p.wait, outcome.RetryAfter)
	}
	b := *list
	if len(b) > 0 {
		b = append(b, ',')
	}
	b = appendMember(append(b, '{'), "unique_id", outcome.UniqueID)
	b = appendMember(append(b, ','), "status", string(outcome.Status))
	if outcome.Message != "" {
		b = appendMember(append(b, ','), "status_message", outcome.Message)
	}
	if p.withEvents {
		if event := eventOf(raw); event != nil {
			b = append(append(b, `,"event":`...), event...)
		}
	}
	*list = append(b, '}')
}

func (p *processed) json() []byte {
	b := append([]byte(`{"success_events":[`), p.success...)
	b = append(append(b, `],"discard_events":[`...), p.discard...)
	b = append(append(b, `],"retry_events":[`...), p.retry...)
	b = append(b, ']')
	if p.wait > 0 {
		b = append(b, `,"retry_after_delay_seconds":`...)
		b = strconv.AppendFloat(b, p.wait.Seconds(), 'f', -1, 64)
	}
	return append(b, '}', '\n')
}
