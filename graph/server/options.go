package server

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/authtrail/authtrail/audit"
)

// Options is how a server behaves. The zero value of a field means its default.
type Options struct {
	Limits Limits

	// MaxBody is how many bytes a request's body, or a WebSocket message, may
	// have: 1 MiB.
	MaxBody int64
	// CachedQueries is how many parsed and validated documents are kept: 500.
	CachedQueries int
	// CachedQuerySize is the longest document, in bytes, that is kept: 8 KiB.
	// Longer ones are parsed each time, so that no caller can fill the memory.
	CachedQuerySize int

	// Timeout is how long a query or a mutation may take: 30 s. Subscriptions
	// last until a side ends them.
	Timeout time.Duration
	// KeepAlive is how often a quiet stream shows that it lives: 15 s.
	KeepAlive time.Duration
	// WriteTimeout is how long one event may take to be written before its
	// reader counts as stalled and is dropped: 10 s.
	WriteTimeout time.Duration
	// InitTimeout is how long a WebSocket may take to say connection_init: 5 s.
	InitTimeout time.Duration
	// MaxSubscriptionsPerConnection is how many operations, of any kind, one
	// WebSocket may run at a time: 20.
	MaxSubscriptionsPerConnection int

	// MaxSubscriptionsPerCaller is how many subscriptions one caller may have open,
	// over all connections: 1,000.
	MaxSubscriptionsPerCaller int

	// Origins are those whose pages may open a WebSocket, beside the server's own.
	Origins []string
	// Introspection answers __schema and __type.
	Introspection bool
	// Documents are the only ones that are run. Nil runs all that are within Limits.
	Documents *Documents
	// Stop ends all streams when it closes: SSE with a complete event,
	// WebSockets with code 1001. Nil never does. http.Server.Shutdown waits
	// for streams and hijacked connections are not told at all, so close it first.
	Stop <-chan struct{}

	// WebSocketInit decides whether a WebSocket may go on, knowing what its
	// connection_init said as authorization, if anything. The context that it
	// returns carries the caller to every operation. Nil lets all go on.
	WebSocketInit func(ctx context.Context, authorization string) (context.Context, error)
	// Spend takes what an operation costs from what its caller may ask for in a
	// time, or refuses it, with an *audit.Error. A cost of 0 asks whether anything is
	// left. What is left is told in the header, which is nil over a WebSocket. Nil
	// bounds nobody.
	Spend func(ctx context.Context, header http.Header, cost int64) error
	// ErrorPresenter makes a resolver's error fit for callers. The default
	// shows an *audit.Error and hides all others.
	ErrorPresenter graphql.ErrorPresenterFunc
	// RecoverFunc makes an error of a panic. The default logs it.
	RecoverFunc graphql.RecoverFunc
	// CountError is told the code of each error that a caller is answered, in
	// whichever transport. Nil is told nothing.
	CountError func(code audit.Code)
	// OperationMiddleware runs around each operation, the first outermost.
	OperationMiddleware []graphql.OperationMiddleware
	// Extensions are further gqlgen extensions, for example for tracing.
	Extensions []graphql.HandlerExtension
	// Logger is where panics and broken connections go: slog.Default().
	Logger *slog.Logger
}

// Limits bound what one operation may ask for. They are checked before anything
// is executed, with fragments expanded. Zero means the default.
type Limits struct {
	Tokens     int   // of the document: 5,000
	Fields     int64 // anywhere in the document: 1,000; validation is quadratic in them
	Depth      int64 // of nested fields: 20
	Aliases    int64 // anywhere in the operation: 100
	RootFields int64 // of the operation: 20
	Directives int64 // anywhere in the operation: 100
	// Cost is how many values the operation may produce at most: 500,000. Each
	// field counts one, times the sizes of the pages and lists around it.
	Cost int64
	// PageSize is the most that first and last may ask for: audit.MaxPageSize.
	PageSize int64
	// DefaultPage is what a connection without first and last counts as: 50.
	DefaultPage int64
	// ListSize is what a list without a size counts as: 10.
	ListSize int64
}

func (o Options) withDefaults() Options {
	o.Limits = o.Limits.withDefaults()
	o.MaxBody = cmp.Or(o.MaxBody, 1<<20)
	o.CachedQueries = cmp.Or(o.CachedQueries, 500)
	o.CachedQuerySize = cmp.Or(o.CachedQuerySize, 8<<10)
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	o.KeepAlive = cmp.Or(o.KeepAlive, 15*time.Second)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, 10*time.Second)
	o.InitTimeout = cmp.Or(o.InitTimeout, 5*time.Second)
	o.MaxSubscriptionsPerConnection = cmp.Or(o.MaxSubscriptionsPerConnection, 20)
	o.MaxSubscriptionsPerCaller = cmp.Or(o.MaxSubscriptionsPerCaller, 1000)
	o.Logger = cmp.Or(o.Logger, slog.Default())
	if o.ErrorPresenter == nil {
		o.ErrorPresenter = presentError
	}
	if o.RecoverFunc == nil {
		o.RecoverFunc = logPanic(o.Logger)
	}
	return o
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Tokens:      cmp.Or(l.Tokens, 5000),
		Fields:      cmp.Or(l.Fields, 1000),
		Depth:       cmp.Or(l.Depth, 20),
		Aliases:     cmp.Or(l.Aliases, 100),
		RootFields:  cmp.Or(l.RootFields, 20),
		Directives:  cmp.Or(l.Directives, 100),
		Cost:        cmp.Or(l.Cost, 500_000),
		PageSize:    cmp.Or(l.PageSize, audit.MaxPageSize),
		DefaultPage: cmp.Or(l.DefaultPage, 50),
		ListSize:    cmp.Or(l.ListSize, 10),
	}
}
