package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/observe"
)

// front answers on a listener from the beginning on: to open a large store, or one
// that is far away, takes a while, and whoever watches over the server is not to wait
// for an answer.
type front struct {
	listener net.Listener
	server   *http.Server
	handler  atomic.Pointer[http.Handler]
	failed   chan error // gets why nothing is answered any more
}

// answerOn begins to answer. Until it is led on, it says that the server is starting.
func answerOn(listener net.Listener, config Config, logger *slog.Logger) *front {
	f := &front{listener: listener, failed: make(chan error, 1)}
	f.leadTo(starting(logger))
	f.server = newHTTPServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*f.handler.Load()).ServeHTTP(w, r)
	}), config.RequestTimeout, logger)
	bounded := boundConnections(listener, config.Access.MaxConnections, logger)
	go func() { f.failed <- f.server.Serve(bounded) }()
	return f
}

// leadTo has another handler answer what comes from now on.
func (f *front) leadTo(handler http.Handler) { f.handler.Store(&handler) }

// close cuts off whatever is under way.
func (f *front) close() { _ = f.server.Close() }

// errStarting is why a server that is starting is not ready.
var errStarting = &audit.Error{Code: audit.Unavailable, RetryAfter: time.Second, Message: "the server is starting; try again in a moment"}

// starting answers while there is no store yet: the process lives, and cannot do anything.
func starting(logger *slog.Logger) http.Handler {
	r := chi.NewRouter()
	r.Use(observe.RequestID, observe.Recover(logger), safeHeaders, bodyInTime, withinBounds, middleware.GetHead)
	r.Get("/healthz", health(func(context.Context) error { return nil }))
	r.Get("/readyz", health(func(context.Context) error { return errStarting }))
	refused := func(w http.ResponseWriter, r *http.Request) { refuse(w, r, errStarting) }
	r.NotFound(refused)
	r.MethodNotAllowed(refused)
	return r
}
