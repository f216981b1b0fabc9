package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/graph/server"
)

// shares bounds how many connections each caller holds by what it has asked for and
// not got yet, by streams and by WebSockets, so that no caller keeps out the others.
type shares struct {
	most int

	mu   sync.Mutex
	held map[audit.Caller]int // of those who hold any
}

// newShares lets each caller hold half of the connections.
func newShares(connections int) *shares {
	return &shares{most: max(1, connections/2), held: map[audit.Caller]int{}}
}

// enter counts a connection of the context's caller until leave is called.
func (s *shares) enter(ctx context.Context) (leave func(), err error) {
	caller := audit.PrincipalFrom(ctx).Caller()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held[caller] >= s.most {
		return nil, &audit.Error{Code: audit.RateLimited, RetryAfter: time.Second,
			Message: fmt.Sprintf("you may have at most %d requests, streams and WebSockets open at once; let one end first", s.most)}
	}
	s.held[caller]++
	return sync.OnceFunc(func() { s.leave(caller) }), nil
}

func (s *shares) leave(caller audit.Caller) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held[caller]--; s.held[caller] == 0 {
		delete(s.held, caller)
	}
}

// requests counts requests. Those that open a WebSocket are left to sockets, since
// their caller may be known only later.
func (s *shares) requests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/graphql" && server.IsWebSocket(r) {
			next.ServeHTTP(w, r)
			return
		}
		leave, err := s.enter(r.Context())
		if err != nil {
			refuse(w, r, audit.AsError(err))
			return
		}
		defer leave()
		next.ServeHTTP(w, r)
	})
}

// authenticate is how callers of WebSockets are learned of.
type authenticate = func(ctx context.Context, authorization string) (context.Context, error)

// sockets counts WebSockets from when their caller is known until their context ends.
func (s *shares) sockets(introduce authenticate) authenticate {
	return func(ctx context.Context, authorization string) (context.Context, error) {
		known, err := introduce(ctx, authorization)
		if err != nil {
			return nil, err
		}
		leave, err := s.enter(known)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, leave)
		return known, nil
	}
}
