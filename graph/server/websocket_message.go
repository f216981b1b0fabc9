package server

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/coder/websocket"

	"github.com/authtrail/authtrail/audit"
)

// message is one message of graphql-transport-ws, in either direction.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// handle does what a message says. A code other than 0 closes the connection.
func (s *socket) handle(kind websocket.MessageType, data []byte) (websocket.StatusCode, string) {
	var m message
	if kind != websocket.MessageText || json.Unmarshal(data, &m) != nil {
		return closeBadMessage, "Invalid message: it must be text with a JSON object"
	}
	switch m.Type {
	case "connection_init":
		return s.introduce(m.Payload)
	case "ping":
		s.send(message{Type: "pong", Payload: m.Payload})
	case "pong":
	case "subscribe":
		return s.subscribe(m)
	case "complete":
		s.forget(m.ID)
	default:
		return closeBadMessage, "Invalid message: its type is unknown"
	}
	return 0, ""
}

// introduce learns who the caller is.
func (s *socket) introduce(payload json.RawMessage) (websocket.StatusCode, string) {
	if s.introduced() {
		return closeTooManyInits, "Too many initialisation requests"
	}
	authorization, err := authorizationIn(payload)
	if err != nil {
		return closeBadMessage, "Invalid message: the payload of connection_init must be an object"
	}
	if init := s.options.WebSocketInit; init != nil {
		ctx, err := init(s.ctx, authorization)
		if err != nil {
			return closeCode(err), closeReason(err)
		}
		s.ctx = ctx
	}
	s.known <- s.ctx
	s.mu.Lock()
	s.ready = true
	s.mu.Unlock()
	s.send(message{Type: "connection_ack"})
	return 0, ""
}

// authorizationIn returns the authorization member, however its first letters
// are written: clients copy it from their HTTP headers.
func authorizationIn(payload json.RawMessage) (string, error) {
	members := map[string]any{}
	if len(payload) > 0 {
		if err := json.Unmarshal(payload, &members); err != nil {
			return "", fmt.Errorf("decode connection_init: %w", err)
		}
	}
	for name, value := range members {
		if text, ok := value.(string); ok && strings.EqualFold(name, "authorization") {
			return text, nil
		}
	}
	return "", nil
}

// closeCode is how a WebSocket ends whose caller was not let in: for good, or
// until later.
func closeCode(err error) websocket.StatusCode {
	switch audit.AsError(err).Code {
	case audit.Unavailable, audit.RateLimited:
		return websocket.StatusTryAgainLater
	}
	return closeForbidden
}

// closeReason is what a close frame says of an error.
func closeReason(err error) string {
	known := audit.AsError(err)
	if known.Code == audit.Internal {
		return "Forbidden"
	}
	return shortReason(known.Message)
}

// shortReason cuts a reason to what a close frame holds.
func shortReason(reason string) string {
	if len(reason) > 120 {
		return strings.ToValidUTF8(reason[:120], "")
	}
	return reason
}

// send writes a message in time, or the connection closes: coder/websocket does
// that by itself when a write fails.
func (s *socket) send(m message) {
	data, err := json.Marshal(m)
	if err != nil {
		s.options.Logger.Error("encode WebSocket message", "type", m.Type, "error", err)
		_ = s.conn.CloseNow()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.options.WriteTimeout)
	defer cancel()
	if err := s.conn.Write(ctx, websocket.MessageText, data); err != nil {
		s.options.Logger.Debug("WebSocket dropped", "error", err)
	}
}
