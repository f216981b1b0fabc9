package observe

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/go-chi/chi/v5/middleware"
)

// RequestID gives each request an id, which errors and the log name, and
// answers it as X-Request-Id. What the client sends there is not believed: it
// would let a caller write into our log.
func RequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), middleware.RequestIDKey, id)))
	})
}

// Recover answers 500 for a handler that panics, and logs why. A panic after
// the answer has begun can only end the connection.
func Recover(logger *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				reason := recover()
				if reason == nil || reason == http.ErrAbortHandler {
					return
				}
				logger.Error("panic", "request_id", middleware.GetReqID(r.Context()), "path", r.URL.Path,
					"reason", reason, "stack", string(debug.Stack()))
				if ww, ok := w.(middleware.WrapResponseWriter); ok && ww.Status() != 0 {
					panic(http.ErrAbortHandler)
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusInternalServerError)
				fmt.Fprintf(w, `{"error_code":"INTERNAL","error_message":"internal error %s"}`+"\n", middleware.GetReqID(r.Context()))
			}()
			next.ServeHTTP(w, r)
		})
	}
}
