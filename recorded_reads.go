package main

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/trail"
	"github.com/authtrail/authtrail/graph"
	"github.com/authtrail/authtrail/graph/server"
	"github.com/authtrail/authtrail/rest"
)

// recordedReads take down who reads what, over every protocol. Without
// authentication nobody can be named, and nothing is recorded: recorder is nil.
type recordedReads struct{ recorder *trail.Recorder }

// recordReads records to the store of an application that knows its callers.
func (a *application) recordReads() {
	if a.config.Auth != "none" {
		a.reads.recorder = trail.New(a.store, trail.Options{Logger: a.logger})
	}
}

// graphQL records operations.
func (r recordedReads) graphQL() []graphql.OperationMiddleware {
	if r.recorder == nil {
		return nil
	}
	return []graphql.OperationMiddleware{graph.RecordReads(r.recorder)}
}

// leastToFinish is how long readings that have ended may take to be written when
// requests have taken all the time that there was to stop.
const leastToFinish = 2 * time.Second

// finishReads writes what readings wait to be written.
func (a *application) finishReads(draining context.Context) error {
	if a.reads.recorder == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(draining), leastToFinish)
	defer cancel()
	if until, ok := draining.Deadline(); ok && time.Until(until) > leastToFinish {
		ctx = draining
	}
	err := a.reads.recorder.Close(ctx)
	if err != nil {
		a.logger.Error("readings are lost", "error", err)
	}
	return err
}

// caller puts into the context where a request comes from.
func (r recordedReads) caller(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		address, _, err := net.SplitHostPort(request.RemoteAddr)
		if err != nil {
			address = request.RemoteAddr
		}
		next.ServeHTTP(w, request.WithContext(trail.WithCaller(request.Context(), trail.Caller{
			RequestID: middleware.GetReqID(request.Context()), SourceIP: address, UserAgent: request.UserAgent(),
			WebSocket: server.IsWebSocket(request),
		})))
	})
}

// rest records what requests to /v1 read, and what they do to destinations.
func (r recordedReads) rest(next http.Handler) http.Handler {
	if r.recorder == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if request.Method == http.MethodPost && request.URL.Path == "/v1/bulk_audit_events" {
			next.ServeHTTP(w, request)
			return
		}
		reading, err := r.recorder.Begin(request.Context())
		if err != nil {
			refuse(w, request, audit.AsError(err))
			return
		}
		answer := middleware.NewWrapResponseWriter(w, request.ProtoMajor)
		answered := false
		defer func() { endREST(reading, request, answer, answered) }()
		next.ServeHTTP(answer, request)
		answered = true
	})
}

// endREST records a request, unless there is nothing at its path.
func endREST(reading *trail.Reading, r *http.Request, answer middleware.WrapResponseWriter, answered bool) {
	route := chi.RouteContext(r.Context())
	template := route.RoutePattern()
	if answered && (answer.Status() == http.StatusNotFound || answer.Status() == http.StatusMethodNotAllowed) && template == "/v1/*" {
		reading.Cancel()
		return
	}
	parameters := url.Values{}
	for name, values := range r.URL.Query() {
		parameters[name] = values
	}
	if id := route.URLParam("destination_id"); id != "" {
		parameters.Set("destination_id", id)
	}
	read := trail.Read{Protocol: "rest", Operation: r.Method + " " + template, Outcome: string(audit.Internal), AnswerBytes: answer.BytesWritten()}
	if len(parameters) > 0 {
		read.Parameters = parameters
	}
	if org := orgOf(r); org != "" && audit.PrincipalFrom(r.Context()).Scope().Allows(org) {
		read.Orgs = []string{org}
	}
	if answered {
		read.Outcome = outcomeOf(answer.Status())
	}
	reading.End(read)
}

// orgOf returns the only org that a request is about. What is created is in the org
// that its body names, whatever the parameters do.
func orgOf(r *http.Request) string {
	if r.Method == http.MethodPost {
		return ""
	}
	return rest.OrgOf(r)
}

// outcomeOf is what a status means, as a code of the API's errors where it has one.
func outcomeOf(status int) string {
	codes := map[int]audit.Code{
		http.StatusBadRequest: audit.BadUserInput, http.StatusForbidden: audit.Forbidden, http.StatusNotFound: audit.NotFound,
		http.StatusConflict: audit.Conflict, http.StatusTooManyRequests: audit.RateLimited,
		http.StatusServiceUnavailable: audit.Unavailable, http.StatusInternalServerError: audit.Internal,
	}
	code, known := codes[status]
	switch {
	case known:
		return string(code)
	case status < http.StatusBadRequest:
		return trail.OK
	}
	return "HTTP_" + strconv.Itoa(status)
}
