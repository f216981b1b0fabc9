package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/observe"
	"github.com/authtrail/authtrail/rest"
)

// routeHandlers are what the routes lead to.
type routeHandlers struct {
	graphql, rest  http.Handler
	graphiql       http.Handler // nil where it is switched off
	metrics        *observe.Metrics
	ready          func(context.Context) error
	authentication *authentication
	reads          recordedReads
	tokenKeys      func(context.Context) (json.RawMessage, error)
	origins        []string // whose pages may use the APIs, beside our own
	logger         *slog.Logger
}

// routes returns every HTTP route.
func routes(h routeHandlers) http.Handler {
	r := chi.NewRouter()
	r.Use(observe.RequestID, h.metrics.HTTP(h.logger), observe.Recover(h.logger), safeHeaders, bodyInTime,
		otherOrigins(h.origins), withinBounds, h.authentication.guard, middleware.GetHead)

	// These need no token: the page holds nothing, and what it asks for goes to /graphql.
	if h.graphiql != nil {
		r.Get("/", http.RedirectHandler("/graphiql/", http.StatusFound).ServeHTTP)
		r.Handle("/graphiql", h.graphiql)
		r.Handle("/graphiql/*", h.graphiql)
	} else {
		r.Get("/", signpost)
	}
	r.Get("/healthz", health(func(context.Context) error { return nil }))
	r.Get("/readyz", health(h.ready))
	r.Get("/v1/openapi.json", rest.OpenAPI)
	r.Get("/.well-known/jwks.json", jwks(h.tokenKeys))

	r.Group(func(r chi.Router) {
		r.Use(h.reads.caller, h.authentication.callers)
		r.Handle("/graphql", h.graphql)
		r.Mount("/v1", h.reads.rest(h.rest))
		r.With(ownersOnly).Method(http.MethodGet, "/metrics", h.metrics.Handler())
	})
	return r
}

// readyPatience is how long a store may take to say that it is there: who asks
// wants to know soon, and a store that hangs is not ready.
const readyPatience = 5 * time.Second

// health answers 200 {"status":"ok"}, or 503 with the reason.
func health(check func(context.Context) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status, answer := http.StatusOK, map[string]string{"status": "ok"}
		ctx, cancel := context.WithTimeout(r.Context(), readyPatience)
		defer cancel()
		if err := check(ctx); err != nil {
			status = http.StatusServiceUnavailable
			answer = map[string]string{"status": "unavailable", "reason": audit.AsError(err).Message}
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(answer) // the client has gone if this fails
	}
}
