package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// stream is a subscription to everything about what comes after a position, and how
// much of it is org-one's own.
type stream struct {
	request string
	own     int
}

// streams are the subscriptions there are.
func (s tenants) streams(t *testing.T) map[string]stream {
	t.Helper()
	w := newWalk(t)
	documents := map[string]string{
		"authAuditAdded":   fmt.Sprintf("subscription { authAuditAdded(after: %q)%s }", s.start, w.below("AuthAudit", "", "")),
		"loginFlowUpdated": `subscription { loginFlowUpdated(after: "")` + w.below("LoginFlow", "", "") + " }",
	}
	for _, field := range w.schema.Subscription.Fields {
		if documents[field.Name] == "" {
			t.Errorf("Subscription.%s is not asked for", field.Name)
		}
	}
	streams := map[string]stream{}
	for name, document := range documents {
		request, err := json.Marshal(map[string]string{"query": document})
		if err != nil {
			t.Fatal(err)
		}
		streams[name] = stream{string(request), map[string]int{"authAuditAdded": 3, "loginFlowUpdated": 2}[name]}
	}
	return streams
}

// onlyOwn reads results until all of org-one's own have come. The other org's
// stand before them in the feed.
func (s stream) onlyOwn(t *testing.T, next func() string) {
	t.Helper()
	for own := 0; own < s.own; {
		result := next()
		if strings.Contains(result, "hidden") || strings.Contains(result, "org-two") || strings.Contains(result, `"errors"`) {
			t.Fatalf("got %s", result)
		}
		if strings.Contains(result, "auth-") && strings.Contains(result, "visible") {
			own++
		}
	}
}

func TestNothingOfAnotherOrgComesOverServerSentEvents(t *testing.T) {
	t.Parallel()
	s := newTenants(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, stream := range s.streams(t) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.both.url+"/graphql", strings.NewReader(stream.request))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"},
			"Authorization": {"Bearer " + s.both.token("org-one", "viewer")}}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		lines := bufio.NewReader(answer.Body)
		stream.onlyOwn(t, func() string {
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			return line
		})
	}
}

func TestNothingOfAnotherOrgComesOverAWebSocket(t *testing.T) {
	t.Parallel()
	s := newTenants(t)
	for _, stream := range s.streams(t) {
		socket := openSocket(t, s.both.url)
		write(t, socket, `{"type":"connection_init","payload":{"authorization":"Bearer `+s.both.token("org-one", "viewer")+`"}}`)
		write(t, socket, `{"id":"1","type":"subscribe","payload":`+stream.request+`}`)
		stream.onlyOwn(t, func() string {
			_, message, err := socket.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return string(message)
		})
	}
}

func TestAWebSocketWithoutAGoodTokenIsClosed(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	for message, want := range map[string]websocket.StatusCode{
		`{"type":"connection_init"}`:                                                 4403,
		`{"type":"connection_init","payload":{"authorization":"Bearer x"}}`:          4403,
		`{"id":"1","type":"subscribe","payload":{"query":"{ viewer { subject } }"}}`: 4401,
	} {
		socket := openSocket(t, g.url)
		write(t, socket, message)
		if _, answer, err := socket.Read(t.Context()); websocket.CloseStatus(err) != want {
			t.Errorf("%s: %s, %v, want %d", message, answer, err, want)
		}
	}
	if answer, _ := g.do("x", http.MethodGet, "/graphql", "", "Connection", "Upgrade", "Upgrade", "websocket"); answer.StatusCode != 401 {
		t.Errorf("a handshake with a bad token: %d", answer.StatusCode)
	}
}

func openSocket(t *testing.T, url string) *websocket.Conn {
	t.Helper()
	socket, _, err := websocket.Dial(t.Context(), url+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.CloseNow() })
	return socket
}

func write(t *testing.T, socket *websocket.Conn, message string) {
	t.Helper()
	if err := socket.Write(t.Context(), websocket.MessageText, []byte(message)); err != nil {
		t.Fatal(err)
	}
}
