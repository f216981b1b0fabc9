package server

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/authtrail/authtrail/audit"
)

func TestAWebSocketsAuthorizationReachesTheHook(t *testing.T) {
	t.Parallel()
	server := start(t, func(o *Options) {
		o.WebSocketInit = func(ctx context.Context, authorization string) (context.Context, error) {
			switch authorization {
			case "Bearer good":
				return context.WithValue(ctx, callerKey{}, "ada"), nil
			case "":
				return nil, errors.New("password=hunter2")
			default:
				return nil, &audit.Error{Code: audit.Unauthenticated, Message: "the token has expired"}
			}
		}
	})
	for _, name := range []string{"authorization", "Authorization"} {
		c := dial(t, server)
		c.say(`{"type":"connection_init","payload":{"` + name + `":"Bearer good"}}`)
		c.hear("connection_ack", "")
		c.subscribe("1", "{ whoami }")
		c.hear("next", `{"data":{"whoami":"ada"}}`)
	}
	for payload, reason := range map[string]string{`{"authorization":"Bearer old"}`: "the token has expired", `{}`: "Forbidden"} {
		c := dial(t, server)
		c.say(`{"type":"connection_init","payload":` + payload + `}`)
		_, err := c.read()
		var closed websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != 4403 || closed.Reason != reason {
			t.Errorf("got %v, want 4403 %q", err, reason)
		}
	}
}

func TestAWebSocketHandshakeIsChecked(t *testing.T) {
	t.Parallel()
	server := start(t, func(o *Options) { o.Origins = []string{"https://app.example"} })
	tests := map[string]struct {
		origin, protocol string
		status           int
	}{
		"same origin":      {server.URL, subprotocol, http.StatusSwitchingProtocols},
		"no origin":        {"", "other, " + subprotocol, http.StatusSwitchingProtocols},
		"other origin":     {"https://evil.example", subprotocol, http.StatusForbidden},
		"a named origin":   {"https://app.example", subprotocol, http.StatusSwitchingProtocols},
		"its other scheme": {"http://app.example", subprotocol, http.StatusForbidden},
		"null origin":      {"null", subprotocol, http.StatusForbidden},
		"old protocol":     {"", "graphql-ws", http.StatusBadRequest},
		"no protocol":      {"", "", http.StatusBadRequest},
		"origin not a URL": {"http://[", subprotocol, http.StatusForbidden},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			if test.origin != "" {
				header.Set("Origin", test.origin)
			}
			if test.protocol != "" {
				header.Set("Sec-WebSocket-Protocol", test.protocol)
			}
			conn, response, err := websocket.Dial(t.Context(), server.URL, &websocket.DialOptions{
				HTTPClient: server.Client(), HTTPHeader: header, Subprotocols: offers(test.protocol),
			})
			if err == nil {
				_ = conn.CloseNow()
			}
			if response == nil || response.StatusCode != test.status {
				t.Fatalf("got %v, %v, want status %d", response, err, test.status)
			}
			if test.status != http.StatusSwitchingProtocols && response.Header.Get("Content-Type") != asJSON {
				t.Errorf("the refusal is %s, want %s", response.Header.Get("Content-Type"), asJSON)
			}
		})
	}
}

func offers(protocols string) []string {
	if protocols == "" {
		return nil
	}
	return strings.Split(protocols, ", ")
}
