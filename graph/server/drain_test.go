package server

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coder/websocket"

	"github.com/authtrail/authtrail/audit"
)

func TestDrainWaitsUntilWebSocketsHaveHeardOfTheEnd(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	handler := New(newSchema(), quiet(func(o *Options) { o.Stop = stop }))
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c := connect(t, server)

	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if err := handler.Drain(impatient); !errors.Is(err, context.Canceled) {
		t.Errorf("with a socket open Drain returned %v", err)
	}
	close(stop)
	c.closes(websocket.StatusGoingAway)
	if err := handler.Drain(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAStoppingServerRefusesNewStreams(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	close(stop)
	stopped := func(o *Options) { o.Stop = stop }
	upgrade := getQuery("")
	upgrade.Header.Set("Upgrade", "websocket")
	upgrade.Header.Set("Sec-WebSocket-Protocol", subprotocol)
	for name, request := range map[string]*http.Request{
		"SSE": getQuery("subscription { ticks }", "Accept", mediaEvents), "WebSocket": upgrade,
	} {
		answer := ask(t, request, stopped)
		if answer.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: got status %d, want 503", name, answer.Code)
		}
		expectError(t, answer.Body.String(), audit.Unavailable, "the server is stopping")
	}
	if answer := ask(t, post(helloQuery), stopped); answer.Code != http.StatusOK {
		t.Errorf("a query while stopping: got status %d", answer.Code)
	}
}
