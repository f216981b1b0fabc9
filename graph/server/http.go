package server

import (
	"context"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/authtrail/authtrail/audit"
)

// Handler serves GraphQL. It is safe for concurrent use.
type Handler struct {
	exec    *executor.Executor
	cache   queryCache
	sockets sockets
	options Options

	subscribers subscribers
}

// New returns a handler that serves the schema.
func New(schema graphql.ExecutableSchema, options Options) *Handler {
	options = options.withDefaults()
	exec := executor.New(schema)
	exec.SetErrorPresenter(options.ErrorPresenter)
	exec.SetRecoverFunc(options.RecoverFunc)
	exec.SetParserTokenLimit(options.Limits.Tokens)
	cache := newQueryCache(options.CachedQueries, options.CachedQuerySize)
	exec.SetQueryCache(cache)
	exec.SetDefaultRulesFn(validationRules)
	exec.SetDisableSuggestion(!options.Introspection) // they would tell names of the schema
	for _, extension := range options.Extensions {
		exec.Use(extension)
	}
	for _, middleware := range options.OperationMiddleware {
		exec.AroundOperations(middleware)
	}
	return &Handler{exec: exec, cache: cache, options: options, subscribers: subscribers{open: map[audit.Caller]int{}}}
}

// ServeHTTP answers one request, in whichever transport it came.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer h.answerPanic(w, r)
	if IsWebSocket(r) {
		h.serveWebSocket(w, r)
		return
	}
	switch r.Method {
	case http.MethodPost:
		h.servePost(w, r)
	case http.MethodGet:
		h.serveGet(w, r)
	case http.MethodOptions:
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", "GET, POST")
		h.refuse(w, "", refused(http.StatusMethodNotAllowed, "send GraphQL by POST or GET"))
	}
}

// IsWebSocket reports whether a request opens a WebSocket, whose caller is known
// only after the handshake.
func IsWebSocket(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

func (h *Handler) answerPanic(w http.ResponseWriter, r *http.Request) {
	switch reason := recover(); reason {
	case nil:
	case http.ErrAbortHandler:
		panic(reason)
	default:
		h.send(w, mediaJSON, http.StatusInternalServerError,
			&graphql.Response{Errors: gqlerror.List{h.recovered(r.Context(), reason)}})
	}
}

func (h *Handler) servePost(w http.ResponseWriter, r *http.Request) {
	accepted, fail := acceptable(r)
	if fail == nil {
		fail = requireJSON(r)
	}
	if fail != nil {
		if fail.status == http.StatusUnsupportedMediaType {
			w.Header().Set("Accept-Post", mediaJSON)
		}
		h.refuse(w, accepted.reply, fail)
		return
	}
	body, fail := readBody(w, r, h.options.MaxBody)
	if fail != nil {
		h.refuse(w, accepted.reply, fail)
		return
	}
	params, fail := h.options.Documents.paramsFromBody(body)
	h.answer(w, r, accepted, params, fail)
}

func (h *Handler) serveGet(w http.ResponseWriter, r *http.Request) {
	accepted, fail := acceptable(r)
	if fail != nil {
		h.refuse(w, accepted.reply, fail)
		return
	}
	params, fail := h.options.Documents.paramsFromURL(r.URL)
	h.answer(w, r, accepted, params, fail)
}

func acceptable(r *http.Request) (acceptance, *failure) {
	accepted := replyTo(r)
	if accepted.reply == "" && !accepted.events {
		return accepted, refused(http.StatusNotAcceptable,
			"Accept: answers are %s or %s, and %s for subscriptions", mediaResponse, mediaJSON, mediaEvents)
	}
	return accepted, nil
}

// answer runs the request and writes its response or its stream.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, accepted acceptance, params *graphql.RawParams, fail *failure) {
	if fail != nil {
		h.refuse(w, accepted.reply, fail)
		return
	}
	params.Headers = r.Header
	ctx := graphql.StartOperationTrace(r.Context())
	op, errs := h.prepare(ctx, params, w.Header())
	if len(errs) > 0 {
		h.write(w, accepted.reply, &graphql.Response{Errors: errs})
		return
	}
	kind := op.Operation.Operation
	switch {
	case kind == ast.Mutation && r.Method == http.MethodGet:
		// A link or an image on any page could send it in its visitor's name.
		w.Header().Set("Allow", http.MethodPost)
		h.refuse(w, accepted.reply, refused(http.StatusMethodNotAllowed, "send mutations by POST"))
	case kind == ast.Subscription && !accepted.events:
		h.refuse(w, accepted.reply, refused(http.StatusNotAcceptable,
			"a subscription needs Accept: %s, or a WebSocket with the subprotocol %s", mediaEvents, subprotocol))
	case kind == ast.Subscription || accepted.reply == "":
		h.openEvents(ctx, w, accepted.reply, op)
	default:
		h.write(w, accepted.reply, h.execute(ctx, op))
	}
}

// openEvents streams an operation's responses, unless there is no room for another
// subscription.
func (h *Handler) openEvents(ctx context.Context, w http.ResponseWriter, reply string, op *graphql.OperationContext) {
	if fail := h.stopping(); fail != nil {
		h.refuse(w, reply, fail)
		return
	}
	if op.Operation.Operation == ast.Subscription {
		leave, refusal := h.subscribe(ctx)
		if refusal != nil {
			h.write(w, reply, &graphql.Response{Errors: gqlerror.List{errorOf(refusal)}})
			return
		}
		defer leave()
	}
	h.serveEvents(ctx, w, op)
}
