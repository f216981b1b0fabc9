package graph

import (
	"context"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
)

// streaming lets a subscription end with an error. A channel of records can only
// be closed; why it was is told in one more response.
type streaming struct{ graphql.ExecutableSchema }

type endKey struct{}

// streamEnd is why a subscription ended.
type streamEnd struct{ reason atomic.Pointer[error] }

// endWith says why the subscription of the context ends. It must be said before
// the channel is closed.
func endWith(ctx context.Context, err error) {
	if end, ok := ctx.Value(endKey{}).(*streamEnd); ok && err != nil && ctx.Err() == nil {
		end.reason.Store(&err)
	}
}

// Exec implements graphql.ExecutableSchema.
func (s streaming) Exec(ctx context.Context) graphql.ResponseHandler {
	end := &streamEnd{}
	next := s.ExecutableSchema.Exec(context.WithValue(ctx, endKey{}, end))
	return func(ctx context.Context) *graphql.Response {
		if response := next(ctx); response != nil {
			return response
		}
		reason := end.reason.Swap(nil)
		if reason == nil {
			return nil
		}
		graphql.AddError(ctx, *reason)
		return &graphql.Response{Data: []byte("null")}
	}
}
