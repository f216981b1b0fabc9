package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// moody is a receiver that answers as it is told to, and counts what it is sent.
type moody struct {
	url    string
	answer atomic.Value // func(http.ResponseWriter)
	sent   atomic.Int64
}

func newMoody(t *testing.T) *moody {
	t.Helper()
	m := &moody{}
	m.says(http.StatusOK, "")
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Events []json.RawMessage }
		if json.NewDecoder(r.Body).Decode(&body) == nil {
			m.sent.Add(int64(len(body.Events)))
		}
		m.answer.Load().(func(http.ResponseWriter))(w)
	}))
	t.Cleanup(receiver.Close)
	m.url = receiver.URL
	return m
}

func (m *moody) says(status int, body string) {
	m.answer.Store(func(w http.ResponseWriter) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
}

// watched is a server with one destination, which leads to a receiver.
type watched struct {
	*testing.T
	*moody
	url, id, global string
}

func watchedDestination(t *testing.T) *watched {
	t.Helper()
	w := &watched{T: t, moody: newMoody(t)}
	w.url, _, _ = startServer(t, t.TempDir(), "127.0.0.1:0", "--delivery-allow", "127.0.0.1", "--log-level", "error")
	w.id = destinationID(t, fetch(t, http.MethodPost, w.url+destinations, fmt.Sprintf(`{"spec":{"enabled":true,"name":"siem","org_id":"one",
		"destination_type":"webhook","location":%q,"comment":"","filters":[]}}`, w.moody.url)), http.StatusCreated)
	w.global = between(w.ask(`{ auditDestinations { nodes { id } } }`), `"id":"`, `"`)
	return w
}

func between(text, before, after string) string {
	_, text, _ = strings.Cut(text, before)
	text, _, _ = strings.Cut(text, after)
	return text
}

func (w *watched) ask(document string) string {
	w.Helper()
	return answer(w.T, w.url, fmt.Sprintf(`{"query":%s}`, inJSON(document)))
}

func (w *watched) store(uniqueID string) {
	w.Helper()
	event := fmt.Sprintf(`{"events":[{"unique_id":%q,"create_time":"2026-01-02T03:04:05Z","event":{"org_id":"one","event_name":"Token"}}]}`, uniqueID)
	if got := fetch(w.T, http.MethodPost, w.url+"/v1/bulk_audit_events", event); got.status != http.StatusCreated {
		w.Fatalf("%+v", got)
	}
}

// tells waits until GraphQL, REST and the command line tell of the delivery what is expected.
func (w *watched) tells(graphQL, rest, line string) {
	w.Helper()
	const health = `health { state lastError nextAttempt pausedSince deadLetters delivered replay { delivered finishedAt } }`
	var first, second, third string
	eventually(w.T, "all tell "+graphQL, func() bool {
		first = w.ask(fmt.Sprintf(`{ node(id: %q) { ... on AuditDestination { %s } } }`, w.global, health))
		second = fetch(w.T, http.MethodGet, w.url+destinations+"/"+w.id+"/health", "").body
		third = authtrail(w.T, "destinations", "--server", w.url).out
		return strings.Contains(first, graphQL) && strings.Contains(second, rest) && strings.Contains(third, line)
	})
	if told := first + second + third; strings.Contains(told, "whsec_") {
		w.Errorf("the health tells a secret: %s", told)
	}
}

func TestWhoeverAsksLearnsWhyADestinationIsSentNothing(t *testing.T) {
	t.Parallel()
	w := watchedDestination(t)
	w.tells(`"state":"DELIVERING"`, `"state":"delivering"`, "delivering")
	w.says(http.StatusInternalServerError, "out of order")
	w.store("waits")
	w.tells(`"state":"RETRYING","lastError":"`, `"state":"retrying","last_error":"`, "out of order")
	if got := w.ask(fmt.Sprintf(`mutation { testAuditDestination(input: {id: %q}) { result { accepted status message } userErrors { code } } }`, w.global)); !strings.Contains(got, `"accepted":false,"status":500`) || !strings.Contains(got, "out of order") {
		t.Errorf("the test: %s", got)
	}
	w.says(http.StatusGone, "")
	w.tells(`"state":"PAUSED"`, `"state":"paused"`, "paused")
	w.says(http.StatusOK, "")
	before := w.sent.Load()
	if got := w.ask(fmt.Sprintf(`mutation { resumeAuditDestination(input: {id: %q}) { auditDestination { name } userErrors { code } } }`, w.global)); !strings.Contains(got, `"userErrors":[]`) {
		t.Errorf("resumed: %s", got)
	}
	w.tells(`"state":"DELIVERING","lastError":null,"nextAttempt":null,"pausedSince":null,"deadLetters":0,"delivered":1`, `"delivered":1`, "delivering")
	if sent := w.sent.Load() - before; sent != 1 {
		t.Errorf("what waited was sent as %d events", sent)
	}
}

func TestWhatAReceiverRefusesIsListedWithItsReasonAndCanBeReplayed(t *testing.T) {
	t.Parallel()
	w := watchedDestination(t)
	w.says(http.StatusCreated, `{"success_events":[],"retry_events":[],"discard_events":[{"unique_id":"bad","status":"invalid","status_message":"no such user"}]}`)
	w.store("bad")
	w.tells(`"state":"DELIVERING","lastError":null,"nextAttempt":null,"pausedSince":null,"deadLetters":1`, `"dead_letters":1`, "delivering")
	letters := fmt.Sprintf(`{ node(id: %q) { ... on AuditDestination { deadLetters(first: 1) { id eventId orgId reason } } } }`, w.global)
	got := w.ask(letters)
	if !strings.Contains(got, `"eventId":"bad","orgId":"one"`) || !strings.Contains(got, "no such user") {
		t.Errorf("dead letters: %s", got)
	}
	older := strings.Replace(letters, "first: 1", fmt.Sprintf("first: 1, before: %q", between(got, `"id":"`, `"`)), 1)
	if got := w.ask(older); !strings.Contains(got, `"deadLetters":[]`) {
		t.Errorf("before the first: %s", got)
	}
	if got := authtrail(t, "destinations", "dead-letters", "siem", "--server", w.url); got.code != exitOK || !strings.Contains(got.out, "no such user") {
		t.Errorf("dead letters on the command line: %d %s%s", got.code, got.out, got.err)
	}
	w.says(http.StatusOK, "")
	replay := fmt.Sprintf(`mutation { replayAuditDestination(input: {id: %q, from: "2026-01-01", to: "2026-01-03"}) { replay { from to } userErrors { code } } }`, w.global)
	if got := w.ask(replay); !strings.Contains(got, `"from":"2026-01-01T00:00:00Z","to":"2026-01-03T00:00:00Z"`) {
		t.Errorf("replayed: %s", got)
	}
	w.tells(`"replay":{"delivered":1,"finishedAt":"`, `"finished_at":"`, "delivering")
	if w.sent.Load() < 2 {
		t.Error("it was not sent again")
	}
}
