package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// follow opens a stream of the caller until the test ends, or it is ended.
func (g *guarded) follow(token string) (status int, end func()) {
	g.Helper()
	ctx, cancel := context.WithCancel(g.Context())
	g.Cleanup(cancel)
	query := url.QueryEscape(`subscription { authAuditAdded { id } }`)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.url+"/graphql?query="+query, nil)
	if err != nil {
		g.Fatal(err)
	}
	r.Header = http.Header{"Accept": {"text/event-stream"}, "Authorization": {"Bearer " + token}}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		g.Fatal(err)
	}
	g.Cleanup(func() { answer.Body.Close() })
	return answer.StatusCode, cancel
}

// introduced opens a WebSocket of the caller, and returns how it is answered.
func (g *guarded) introduced(token string) (socket *websocket.Conn, answer string, err error) {
	g.Helper()
	socket = openSocket(g.T, g.url)
	write(g.T, socket, `{"type":"connection_init","payload":{"authorization":"Bearer `+token+`"}}`)
	_, text, err := socket.Read(g.Context())
	return socket, string(text), err
}

func TestACallerHasHalfOfTheConnectionsAtMost(t *testing.T) {
	t.Parallel()
	signer := guardedServer(t)
	g := guardedServer(t, "--jwt-hs256-secret-file", signer.secret, "--max-connections", "5")
	g.secret = signer.secret
	greedy, other := g.token("one", "viewer", "--subject", "greedy"), g.token("one", "viewer", "--subject", "other")
	status, end := g.follow(greedy)
	if status != http.StatusOK {
		t.Fatalf("a stream: %d", status)
	}
	socket, answer, err := g.introduced(greedy)
	if err != nil || !strings.Contains(answer, "connection_ack") {
		t.Fatalf("a WebSocket: %s, %v", answer, err)
	}

	for _, path := range []string{"/v1/auth_audits", "/graphql?query={__typename}"} {
		refused, body := g.do(greedy, http.MethodGet, path, "")
		if refused.StatusCode != http.StatusTooManyRequests || refused.Header.Get("Retry-After") == "" || !strings.Contains(body, "RATE_LIMITED") {
			t.Errorf("a third, %s: %s %s", path, refused.Status, body)
		}
	}
	refused, _ := g.do(greedy, http.MethodGet, "/v1/auth_audits", "", "Connection", "Upgrade", "Upgrade", "websocket")
	if refused.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a request that says it is a WebSocket: %s", refused.Status)
	}
	if _, _, err := g.introduced(greedy); websocket.CloseStatus(err) != websocket.StatusTryAgainLater {
		t.Errorf("a further WebSocket: %v", err)
	}
	if allowed, body := g.do(other, http.MethodGet, "/v1/auth_audits", ""); allowed.StatusCode != http.StatusOK {
		t.Errorf("another caller: %s %s", allowed.Status, body)
	}

	for what, let := range map[string]func(){"the WebSocket": func() { _ = socket.CloseNow() }, "the stream": end} {
		let()
		eventually(t, "there is room after "+what, func() bool {
			answer, _ := g.do(greedy, http.MethodGet, "/v1/auth_audits", "")
			return answer.StatusCode == http.StatusOK
		})
	}
}
