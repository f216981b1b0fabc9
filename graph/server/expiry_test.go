package server

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/authtrail/authtrail/audit"
)

// briefly is a caller whose token ends in a moment.
func briefly(ctx context.Context) context.Context {
	caller := audit.MemberOf("ann", "one", audit.RoleViewer)
	caller.Expires = time.Now().Add(50 * time.Millisecond)
	return audit.WithPrincipal(ctx, caller)
}

func TestAnEventStreamEndsWithItsToken(t *testing.T) {
	t.Parallel()
	handler := New(newSchema(), quiet())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(briefly(r.Context())))
	}))
	t.Cleanup(server.Close)
	for _, field := range []string{"silence", "flood"} {
		response, _ := subscribe(t, server, field)
		body := readAll(t, response)
		const end = "event: next\ndata: " + `{"errors":[{"message":"the token has expired; subscribe again with a new one",` +
			`"extensions":{"code":"UNAUTHENTICATED"}}]}` + "\n\nevent: complete\ndata:\n\n"
		if !strings.HasSuffix(body, end) {
			t.Errorf("%s ended with %q", field, body[max(0, len(body)-300):])
		}
	}
}

func TestAWebSocketEndsWithItsToken(t *testing.T) {
	t.Parallel()
	server := start(t, func(o *Options) {
		o.WebSocketInit = func(ctx context.Context, _ string) (context.Context, error) { return briefly(ctx), nil }
	})
	for _, field := range []string{"silence", "flood"} {
		c := connect(t, server)
		c.conn.SetReadLimit(1 << 20)
		c.subscribe("1", "subscription { "+field+" }")
		for {
			m, err := c.read()
			var closed websocket.CloseError
			switch {
			case err == nil && m.Type == "next":
				continue
			case !errors.As(err, &closed) || closed.Code != closeForbidden || !strings.Contains(closed.Reason, "expired"):
				t.Errorf("%s: got %v, %v", field, m, err)
			}
			break
		}
	}
}

func TestAWebSocketThatCannotBeJudgedYetMayTryAgain(t *testing.T) {
	t.Parallel()
	server := start(t, func(o *Options) {
		o.WebSocketInit = func(context.Context, string) (context.Context, error) {
			return nil, &audit.Error{Code: audit.Unavailable, Message: "no keys yet"}
		}
	})
	c := dial(t, server)
	c.say(`{"type":"connection_init"}`)
	c.closes(websocket.StatusTryAgainLater)
}

func TestARefusalBeforeGraphQLIsGraphQL(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		accept        string
		reason        *audit.Error
		status        int
		header, media string
	}{
		"no token":      {"", &audit.Error{Code: audit.Unauthenticated, Message: "who?"}, 401, "Bearer", mediaJSON},
		"its own type":  {mediaResponse, &audit.Error{Code: audit.Unauthenticated, Message: "who?"}, 401, "Bearer", mediaResponse},
		"a stream":      {mediaEvents, &audit.Error{Code: audit.Unauthenticated, Message: "who?"}, 401, "Bearer", mediaJSON},
		"not allowed":   {"", &audit.Error{Code: audit.Forbidden, Message: "who?"}, 403, "", mediaJSON},
		"not right now": {"", &audit.Error{Code: audit.Unavailable, Message: "who?", RetryAfter: 1500 * time.Millisecond}, 503, "2", mediaJSON},
	} {
		w := httptest.NewRecorder()
		Refuse(w, post(query("{ hello }"), "Accept", test.accept), test.reason)
		expectError(t, w.Body.String(), test.reason.Code, "who?")
		said := w.Header().Get("WWW-Authenticate") + w.Header().Get("Retry-After")
		if w.Code != test.status || said != test.header || !strings.HasPrefix(w.Header().Get("Content-Type"), test.media+";") {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
	}
}
