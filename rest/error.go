package rest

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/authtrail/authtrail/audit"
)

// Codes of errors that only HTTP knows.
const (
	methodNotAllowedCode audit.Code = "METHOD_NOT_ALLOWED"
	tooLargeCode         audit.Code = "CONTENT_TOO_LARGE"
	unsupportedCode      audit.Code = "UNSUPPORTED_MEDIA_TYPE"
)

// statuses is the one mapping from codes to HTTP.
var statuses = map[audit.Code]int{
	audit.BadUserInput:    http.StatusBadRequest,
	audit.TooComplex:      http.StatusBadRequest,
	audit.Unauthenticated: http.StatusUnauthorized,
	audit.Forbidden:       http.StatusForbidden,
	audit.NotFound:        http.StatusNotFound,
	audit.Conflict:        http.StatusConflict,
	audit.RateLimited:     http.StatusTooManyRequests,
	audit.Unavailable:     http.StatusServiceUnavailable,
	audit.Internal:        http.StatusInternalServerError,
	methodNotAllowedCode:  http.StatusMethodNotAllowed,
	tooLargeCode:          http.StatusRequestEntityTooLarge,
	unsupportedCode:       http.StatusUnsupportedMediaType,
}

// fail answers with an error in the API's shape: {"error_code",
// "error_message"}. Of a defect the caller learns the request's id and nothing
// else; what it was is logged under that id.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	known := audit.AsError(err)
	if statusOf(known.Code) == http.StatusInternalServerError {
		id := middleware.GetReqID(r.Context())
		a.Logger.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path,
			"request_id", id, "error", known.Message, "cause", known.Err)
		known = &audit.Error{Code: known.Code, Message: strings.TrimSpace("internal error " + id)}
	}
	writeError(w, known)
}

func statusOf(code audit.Code) int {
	if status, known := statuses[code]; known {
		return status
	}
	return http.StatusInternalServerError
}

// Refuse answers a request that must not reach the API, in the API's shape.
func Refuse(w http.ResponseWriter, r *http.Request, reason *audit.Error) {
	drain(w, r)
	writeError(w, reason)
}

func writeError(w http.ResponseWriter, known *audit.Error) {
	switch known.Code {
	case audit.RateLimited, audit.Unavailable:
		w.Header().Set("Retry-After", retryAfter(known.RetryAfter))
	case audit.Unauthenticated:
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	body := appendMember([]byte{'{'}, "error_code", string(known.Code))
	body = append(body, ',')
	body = appendMember(body, "error_message", known.Error())
	writeJSON(w, statusOf(known.Code), append(body, '}', '\n'))
}

// retryAfter is a number of whole seconds, at least one.
func retryAfter(wait time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(wait.Seconds()))))
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone cannot be told
}

func (a *api) notFound(w http.ResponseWriter, r *http.Request) {
	a.fail(w, r, &audit.Error{Code: audit.NotFound, Message: "there is nothing at " + r.URL.Path})
}

// methodNotAllowed names the methods that the path has; chi leaves that to it.
func (a *api) methodNotAllowed(routes chi.Routes) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		if ctx := chi.RouteContext(r.Context()); ctx != nil && ctx.RoutePath != "" {
			path = ctx.RoutePath
		}
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			if routes.Match(chi.NewRouteContext(), method, path) {
				w.Header().Add("Allow", method)
			}
		}
		a.fail(w, r, &audit.Error{Code: methodNotAllowedCode,
			Message: r.Method + " is not possible here; use " + strings.Join(w.Header().Values("Allow"), " or ")})
	}
}
