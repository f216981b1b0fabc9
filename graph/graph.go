// Package graph answers the GraphQL API over the domain: thin resolvers, which
// turn arguments into an audit.Query and hand it to package node.
package graph

import (
	"log/slog"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/graph/generated"
	"github.com/authtrail/authtrail/graph/live"
	"github.com/authtrail/authtrail/graph/node"
)

// Deps is what the API is answered from.
type Deps struct {
	Store    node.Records
	Flows    audit.Flows
	Ingester audit.Ingester
	// Destinations and Deliverer are where events are delivered to, and what delivers.
	Destinations *destination.Store
	Deliverer    destination.Deliverer

	Now    func() time.Time // time.Now unless given
	Logger *slog.Logger     // slog.Default() unless given
}

// New returns the executable schema. The caller of each operation is the
// principal of its context.
func New(deps Deps) graphql.ExecutableSchema {
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if deps.Logger == nil {
		deps.Logger = slog.Default()
	}
	root := &resolver{
		reader:   &node.Reader{Records: deps.Store, Flows: deps.Flows, Now: deps.Now, Destinations: deps.Destinations, Deliverer: deps.Deliverer},
		records:  live.New(deps.Store, nil),
		flows:    live.New(deps.Flows, func(row *audit.Record) *audit.Flow { return deps.Flows.Flow(row) }),
		ingester: deps.Ingester,
		patience: readerPatience,
	}
	return streaming{generated.NewExecutableSchema(generated.Config{Resolvers: root})}
}

// resolver answers the fields of the three root types; whatever lies below them
// is a method of package node.
type resolver struct {
	reader   *node.Reader
	records  *live.Tail
	flows    *live.Tail
	ingester audit.Ingester
	patience time.Duration // with a subscriber that does not read
}

type (
	queryResolver        struct{ *resolver }
	mutationResolver     struct{ *resolver }
	subscriptionResolver struct{ *resolver }
)

// Query implements generated.ResolverRoot.
func (r *resolver) Query() generated.QueryResolver { return queryResolver{r} }

// Mutation implements generated.ResolverRoot.
func (r *resolver) Mutation() generated.MutationResolver { return mutationResolver{r} }

// Subscription implements generated.ResolverRoot.
func (r *resolver) Subscription() generated.SubscriptionResolver { return subscriptionResolver{r} }
