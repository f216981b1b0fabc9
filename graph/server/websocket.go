package server

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/authtrail/authtrail/audit"
)

const subprotocol = "graphql-transport-ws"

// The close codes that graphql-transport-ws defines.
const (
	closeBadMessage   websocket.StatusCode = 4400
	closeUnauthorized websocket.StatusCode = 4401
	closeForbidden    websocket.StatusCode = 4403
	closeInitTimeout  websocket.StatusCode = 4408
	closeDuplicate    websocket.StatusCode = 4409
	closeTooManyInits websocket.StatusCode = 4429
)

// socket is one WebSocket connection. Its request's goroutine reads, another
// watches over it, and each operation has its own; all have ended when run returns.
type socket struct {
	*Handler

	conn    *websocket.Conn
	request *http.Request
	ctx     context.Context      // the caller's, once connection_init has said who that is
	known   chan context.Context // the same, for watch

	mu         sync.Mutex
	ready      bool                        // connection_init was accepted
	operations map[string]*socketOperation // by the client's id
	running    int                         // operations whose goroutine has not ended
	ended      sync.WaitGroup
}

func (h *Handler) serveWebSocket(w http.ResponseWriter, r *http.Request) {
	fail := h.checkHandshake(r)
	if fail == nil {
		fail = h.stopping()
	}
	if fail != nil {
		h.refuse(w, mediaJSON, fail)
		return
	}
	if !h.sockets.enter() {
		h.refuse(w, mediaJSON, &failure{http.StatusServiceUnavailable, audit.Unavailable, "the server is stopping"})
		return
	}
	defer h.sockets.open.Done()
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:       []string{subprotocol},
		InsecureSkipVerify: true, // of the Origin, which checkHandshake has looked at
	})
	if err != nil { // Accept has answered
		h.options.Logger.DebugContext(r.Context(), "accept WebSocket", "error", err)
		return
	}
	conn.SetReadLimit(h.options.MaxBody)
	(&socket{Handler: h, conn: conn, request: r, known: make(chan context.Context, 1),
		operations: map[string]*socketOperation{}}).run()
}

// checkHandshake refuses pages of other origins, which a browser would let
// connect with its cookies, and protocols that are not spoken here.
func (h *Handler) checkHandshake(r *http.Request) *failure {
	if origin := r.Header.Get("Origin"); origin != "" && !slices.Contains(h.options.Origins, origin) {
		from, err := url.Parse(origin)
		if err != nil || !strings.EqualFold(from.Host, r.Host) {
			return &failure{http.StatusForbidden, audit.Forbidden, "Origin: a WebSocket may only come from this server's own pages"}
		}
	}
	offered := strings.Split(strings.Join(r.Header.Values("Sec-WebSocket-Protocol"), ","), ",")
	if !slices.ContainsFunc(offered, func(name string) bool { return strings.TrimSpace(name) == subprotocol }) {
		return refused(http.StatusBadRequest, "Sec-WebSocket-Protocol: offer %s", subprotocol)
	}
	return nil
}

func (s *socket) run() {
	ctx, cancel := context.WithCancel(s.request.Context())
	s.ctx = ctx
	done := make(chan struct{})
	s.ended.Go(func() { s.watch(s.request.Context(), done) })
	s.read()
	cancel()
	close(done)
	s.ended.Wait()
	_ = s.conn.CloseNow()
}

// read handles messages until the connection closes. It is closed by others
// rather than through a context, which would leave no time to say why.
func (s *socket) read() {
	for {
		kind, data, err := s.conn.Read(context.Background())
		if err != nil {
			s.options.Logger.Debug("WebSocket closed", "error", err)
			return
		}
		code, reason := s.handle(kind, data)
		if code != 0 {
			_ = s.conn.Close(code, reason)
			return
		}
	}
}

// watch closes the connection when the server stops, when the client does not
// introduce itself or its token ends, and when it no longer answers pings.
func (s *socket) watch(server context.Context, done <-chan struct{}) {
	introduction := time.NewTimer(s.options.InitTimeout)
	defer introduction.Stop()
	keepAlive := time.NewTicker(s.options.KeepAlive)
	defer keepAlive.Stop()
	var expired <-chan time.Time
	for {
		select {
		case <-done:
			return
		case <-s.options.Stop:
			_ = s.conn.Close(websocket.StatusGoingAway, "the server is stopping")
			return
		case <-server.Done():
			_ = s.conn.Close(websocket.StatusGoingAway, "the server is stopping")
			return
		case caller := <-s.known:
			var stop func() bool
			expired, stop = expiry(caller)
			defer stop()
		case <-expired:
			_ = s.conn.Close(closeForbidden, hasExpired)
			return
		case <-introduction.C:
			if !s.introduced() {
				_ = s.conn.Close(closeInitTimeout, "Connection initialisation timeout")
				return
			}
		case <-keepAlive.C:
			if s.ping() != nil {
				_ = s.conn.CloseNow()
				return
			}
		}
	}
}

func (s *socket) ping() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.options.WriteTimeout)
	defer cancel()
	return s.conn.Ping(ctx)
}

func (s *socket) introduced() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ready
}
