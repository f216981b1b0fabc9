package observe

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

// HTTP measures and logs every request. The log holds the path and never the
// query or a body: those say who was searched for.
func (m *Metrics) HTTP(logger *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := time.Now()
			m.inFlight.Inc()
			defer m.inFlight.Dec()
			ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
			defer func() { m.observe(logger, r, ww, time.Since(start)) }()
			next.ServeHTTP(ww, r)
		})
	}
}

// statusClientGone is what a failure counts as whose client did not wait for the
// answer: no defect, and no outage either. The number is the usual one for that.
const statusClientGone = 499

func (m *Metrics) observe(logger *slog.Logger, r *http.Request, w middleware.WrapResponseWriter, took time.Duration) {
	route := routeOf(r)
	status := w.Status()
	switch {
	case status == 0:
		status = http.StatusOK
	case status >= http.StatusInternalServerError && errors.Is(r.Context().Err(), context.Canceled):
		status = statusClientGone
	}
	m.requests.WithLabelValues(route, method(r), strconv.Itoa(status)).Inc()
	if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream") && status != http.StatusSwitchingProtocols {
		m.requestSeconds.WithLabelValues(route).Observe(took.Seconds())
	}
	level := slog.LevelInfo
	switch {
	case status == http.StatusServiceUnavailable:
		level = slog.LevelWarn // no defect: whoever could not do it has said why
	case status >= http.StatusInternalServerError:
		level = slog.LevelError
	case route == "/healthz" || route == "/readyz" || route == "/metrics":
		level = slog.LevelDebug
	}
	logger.Log(r.Context(), level, "request", "request_id", middleware.GetReqID(r.Context()), "method", method(r),
		"path", r.URL.Path, "status", status, "bytes", w.BytesWritten(), "ms", float64(took.Microseconds())/1000)
}

// routeOf names the route and not the path, so that the number of series stays small.
func routeOf(r *http.Request) string {
	if c := chi.RouteContext(r.Context()); c != nil && c.RoutePattern() != "" {
		return c.RoutePattern()
	}
	return "unknown"
}

// method returns the method, or "other": methods are the client's to invent.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}
