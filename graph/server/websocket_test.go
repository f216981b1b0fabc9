package server

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/authtrail/authtrail/audit"
)

// client is the other end of a WebSocket.
type client struct {
	*testing.T

	conn *websocket.Conn
}

func dial(t *testing.T, server *httptest.Server) *client {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), server.URL, &websocket.DialOptions{
		HTTPClient: server.Client(), Subprotocols: []string{subprotocol},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{T: t, conn: conn}
}

// connect dials and introduces itself.
func connect(t *testing.T, server *httptest.Server) *client {
	t.Helper()
	c := dial(t, server)
	c.say(`{"type":"connection_init"}`)
	c.hear("connection_ack", "")
	return c
}

func (c *client) say(text string) {
	c.Helper()
	if err := c.conn.Write(c.Context(), websocket.MessageText, []byte(text)); err != nil {
		c.Fatal(err)
	}
}

func (c *client) subscribe(id, document string) {
	c.Helper()
	c.say(`{"id":"` + id + `","type":"subscribe","payload":` + query(document) + `}`)
}

func (c *client) read() (message, error) {
	ctx, cancel := context.WithTimeout(c.Context(), 10*time.Second)
	defer cancel()
	var m message
	_, data, err := c.conn.Read(ctx)
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	return m, err
}

// hear expects the next message to be of that type with those words in it.
func (c *client) hear(kind, words string) {
	c.Helper()
	m, err := c.read()
	if err != nil {
		c.Fatalf("want %s, got %v", kind, err)
	}
	if m.Type != kind || !strings.Contains(m.ID+string(m.Payload), words) {
		c.Fatalf("got %s %s %s, want %s with %q", m.Type, m.ID, m.Payload, kind, words)
	}
}

// closes expects the connection to close with that code, whatever comes before.
func (c *client) closes(code websocket.StatusCode) {
	c.Helper()
	for {
		_, err := c.read()
		if err == nil {
			continue
		}
		if got := websocket.CloseStatus(err); got != code {
			c.Fatalf("closed with %d (%v), want %d", got, err, code)
		}
		return
	}
}

func TestAWebSocketRunsAllKindsOfOperation(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t))
	c.subscribe("1", "subscription { ticks }")
	for _, want := range []string{`{"data":{"ticks":1}}`, `{"data":{"ticks":2}}`, `{"data":{"ticks":3}}`} {
		c.hear("next", want)
	}
	c.hear("complete", "1")
	c.subscribe("1", "mutation { touch }")
	c.hear("next", `{"data":{"touch":"touched"}}`)
	c.hear("complete", "1")
	c.say(`{"type":"ping","payload":{"n":1}}`)
	c.hear("pong", `{"n":1}`)
	c.say(`{"type":"pong"}`)
	c.subscribe("q", "{ hello }")
	c.hear("next", `q{"data":{"hello":"world"}}`)
	c.hear("complete", "q")
}

func TestAWebSocketReportsErrorsOfItsOperations(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t))
	for document, code := range map[string]audit.Code{
		"{ nothing }":              audit.BadUserInput,
		"{":                        audit.BadUserInput,
		"":                         audit.BadUserInput,
		"subscription { refused }": audit.Forbidden,
		"subscription { panics }":  audit.Internal,
		"{ panics }":               audit.Internal,
		aliases(300):               audit.TooComplex,
	} {
		c.subscribe("7", document)
		c.hear("error", string(code))
	}
	c.subscribe("7", "{ secret }")
	c.hear("next", `"data":{"secret":null}`)
	c.hear("complete", "7")
}

func TestAWebSocketThatBreaksTheProtocolIsClosed(t *testing.T) {
	t.Parallel()
	server := start(t, func(o *Options) { o.MaxBody = 2000 })
	const silence = `{"id":"1","type":"subscribe","payload":{"query":"subscription { silence }"}}`
	tests := map[string]struct {
		introduced bool
		says       []string
		code       websocket.StatusCode
	}{
		"subscribe before init": {false, []string{silence}, 4401},
		"payload of init":       {false, []string{`{"type":"connection_init","payload":[]}`}, 4400},
		"second init":           {true, []string{`{"type":"connection_init"}`}, 4429},
		"duplicate id":          {true, []string{silence, silence}, 4409},
		"no JSON":               {true, []string{`{`}, 4400},
		"unknown type":          {true, []string{`{"type":"start"}`}, 4400},
		"no id":                 {true, []string{`{"type":"subscribe","payload":{"query":"{ hello }"}}`}, 4400},
		"no payload":            {true, []string{`{"id":"1","type":"subscribe"}`}, 4400},
		"too large":             {true, []string{`{"type":"ping","payload":{"x":"` + strings.Repeat("x", 2000) + `"}}`}, websocket.StatusMessageTooBig},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, server)
			if test.introduced {
				c.say(`{"type":"connection_init"}`)
			}
			for _, text := range test.says {
				c.say(text)
			}
			c.closes(test.code)
		})
	}
	t.Run("binary", func(t *testing.T) {
		t.Parallel()
		c := dial(t, server)
		if err := c.conn.Write(t.Context(), websocket.MessageBinary, []byte(`{"type":"connection_init"}`)); err != nil {
			t.Fatal(err)
		}
		c.closes(4400)
	})
}

func TestAWebSocketMustIntroduceItselfInTime(t *testing.T) {
	t.Parallel()
	dial(t, start(t, func(o *Options) { o.InitTimeout = 10 * time.Millisecond })).closes(4408)
}

func TestAWebSocketRunsOnlySoManyOperationsAtATime(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, func(o *Options) { o.MaxSubscriptionsPerConnection = 2 }))
	c.subscribe("1", "subscription { silence }")
	c.subscribe("2", "subscription { silence }")
	c.subscribe("3", "subscription { silence }")
	c.hear("error", "at most 2 operations")
	c.say(`{"id":"1","type":"complete"}`)
	// The operation ends soon after; until then its place is taken.
	for {
		c.subscribe("4", "{ hello }")
		m, err := c.read()
		if err != nil {
			t.Fatal(err)
		}
		if m.Type == "next" {
			c.hear("complete", "4")
			return
		}
	}
}

func TestACompletedOperationFreesItsIDAndSaysNoMore(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t))
	for range 5 {
		c.subscribe("1", "subscription { silence }")
		c.say(`{"id":"1","type":"complete"}`)
	}
	c.say(`{"id":"unknown","type":"complete"}`)
	c.subscribe("1", "{ hello }")
	c.hear("next", `1{"data":{"hello":"world"}}`)
	c.hear("complete", "1")
}

func TestAWebSocketWithoutPongsIsDropped(t *testing.T) {
	t.Parallel()
	server := start(t, func(o *Options) { o.KeepAlive, o.WriteTimeout = time.Millisecond, 20*time.Millisecond })
	conn, _, err := websocket.Dial(t.Context(), server.URL, &websocket.DialOptions{
		HTTPClient: server.Client(), Subprotocols: []string{subprotocol},
		OnPingReceived: func(context.Context, []byte) bool { return false },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, _, err := conn.Read(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("got %v, want a dropped connection", err)
	}
}

func TestStoppingTheServerClosesItsWebSockets(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	c := connect(t, start(t, func(o *Options) { o.Stop = stop }))
	c.subscribe("1", "subscription { silence }")
	close(stop)
	c.closes(websocket.StatusGoingAway)
}
