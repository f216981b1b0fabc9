package server

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/authtrail/authtrail/audit"
)

// prepare parses, validates and measures an operation, and takes its cost from
// what the caller may ask for, of which it tells in the header, if any. The context
// must come from graphql.StartOperationTrace.
func (h *Handler) prepare(ctx context.Context, params *graphql.RawParams, header http.Header) (*graphql.OperationContext, gqlerror.List) {
	if errs := h.spend(ctx, header, 0); len(errs) > 0 {
		return nil, errs
	}
	op, cost, errs := h.measured(ctx, params)
	if len(errs) > 0 {
		if late := h.spend(ctx, header, 1); len(late) > 0 {
			return nil, late
		}
		return nil, errs
	}
	return op, h.spend(ctx, header, cost)
}

func (h *Handler) spend(ctx context.Context, header http.Header, cost int64) gqlerror.List {
	if h.options.Spend == nil {
		return nil
	}
	if err := h.options.Spend(ctx, header, cost); err != nil {
		return gqlerror.List{errorOf(audit.AsError(err))}
	}
	return nil
}

// measured parses, validates and measures an operation.
func (h *Handler) measured(ctx context.Context, params *graphql.RawParams) (op *graphql.OperationContext, cost int64, errs gqlerror.List) {
	defer func() {
		if reason := recover(); reason != nil {
			errs = gqlerror.List{h.recovered(ctx, reason)}
		}
	}()
	if errs = h.screen(ctx, params.Query); len(errs) > 0 {
		return nil, 0, errs
	}
	op, errs = h.exec.CreateOperationContext(ctx, params)
	if len(errs) > 0 {
		return nil, 0, mendMessages(op, errs)
	}
	if cost, errs = h.options.Limits.check(op); len(errs) > 0 {
		return nil, 0, errs
	}
	op.DisableIntrospection = !h.options.Introspection
	return op, cost, nil
}

// screen refuses a document that is not worth validating. What cannot be parsed
// is left to the executor to explain.
func (h *Handler) screen(ctx context.Context, document string) gqlerror.List {
	if _, passed := h.cache.Get(ctx, document); passed {
		return nil
	}
	parsed, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: document}, h.options.Limits.Tokens)
	if err != nil {
		return nil
	}
	return h.options.Limits.screen(parsed)
}

// execute runs a query or a mutation to its end.
func (h *Handler) execute(ctx context.Context, op *graphql.OperationContext) *graphql.Response {
	ctx, cancel := context.WithTimeout(ctx, h.options.Timeout)
	defer cancel()
	responses, ctx := h.exec.DispatchOperation(ctx, op)
	if response := responses(ctx); response != nil {
		return response
	}
	return &graphql.Response{Errors: gqlerror.List{outOfTime(ctx)}}
}

// outOfTime is the error of an operation whose context ended before it did.
func outOfTime(ctx context.Context) *gqlerror.Error {
	err := ctx.Err()
	if err == nil {
		err = errors.New("no response")
	}
	known := audit.AsError(err)
	return requestError(known.Code, "%s", known.Message)
}

// responses starts an operation of any kind and then runs it, one response after
// the other, until it ends or the context does; then the channel closes. When this
// returns a subscription misses nothing more. Whoever reads the channel cancels
// the context and reads on until it closes, so that nothing outlives the request.
func (h *Handler) responses(ctx context.Context, op *graphql.OperationContext) <-chan *graphql.Response {
	next, dispatched := h.dispatch(ctx, op)
	out := make(chan *graphql.Response)
	send := func(response *graphql.Response) bool {
		select {
		case out <- response:
			return true
		case <-ctx.Done():
			return false
		}
	}
	go func() {
		defer close(out)
		defer func() { // here a panic would end the process
			if reason := recover(); reason != nil {
				send(&graphql.Response{Errors: gqlerror.List{h.recovered(ctx, reason)}})
			}
		}()
		for response := next(dispatched); response != nil; response = next(dispatched) {
			// A subscription's responses share one buffer, which the next one overwrites.
			response.Data = bytes.Clone(response.Data)
			if !send(response) {
				return
			}
		}
	}()
	return out
}

// dispatch executes a query or a mutation, and starts a subscription.
func (h *Handler) dispatch(ctx context.Context, op *graphql.OperationContext) (next graphql.ResponseHandler, dispatched context.Context) {
	defer func() {
		if reason := recover(); reason != nil {
			next = graphql.OneShot(&graphql.Response{Errors: gqlerror.List{h.recovered(ctx, reason)}})
			dispatched = ctx
		}
	}()
	if op.Operation.Operation != ast.Subscription {
		return graphql.OneShot(h.execute(ctx, op)), ctx
	}
	return h.exec.DispatchOperation(ctx, op)
}

// recovered makes an error for callers of a panic.
func (h *Handler) recovered(ctx context.Context, reason any) *gqlerror.Error {
	err := h.options.ErrorPresenter(ctx, h.options.RecoverFunc(ctx, reason))
	if err == nil {
		return requestError(audit.Internal, "internal error")
	}
	return err
}
