package graph

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/graph/live"
	"github.com/authtrail/authtrail/graph/node"
)

// readerPatience is how long a subscription waits for its reader to take a row
// before it gives the reader up. It is shorter than what servers wait for one write, so
// that a reader who takes that in the end is told.
const readerPatience = 5 * time.Second

// AuthAuditAdded follows the feed of the records.
func (r subscriptionResolver) AuthAuditAdded(
	ctx context.Context, filter map[string]any, search, after *string, follow bool,
) (<-chan *node.AuthAudit, error) {
	where, found, err := r.conditions(audit.KindAuth, filter, search)
	if err != nil {
		return nil, err
	}
	s := subscription[node.AuthAudit]{kind: audit.KindAuth, where: where, patience: r.patience}
	s.node = func(item live.Item) *node.AuthAudit { return node.Added(r.reader, item.Record, found, item.Position) }
	return s.start(ctx, r.records, after, follow)
}

// LoginFlowUpdated follows the feed of the login flows.
func (r subscriptionResolver) LoginFlowUpdated(
	ctx context.Context, filter map[string]any, search, after *string, follow bool,
) (<-chan *node.LoginFlow, error) {
	where, found, err := r.conditions(audit.KindFlow, filter, search)
	if err != nil {
		return nil, err
	}
	s := subscription[node.LoginFlow]{kind: audit.KindFlow, where: where, patience: r.patience}
	s.node = func(item live.Item) *node.LoginFlow { return node.Updated(r.reader, item.Flow(), found, item.Position) }
	return s.start(ctx, r.flows, after, follow)
}

// subscription is what somebody who follows a feed asked for.
type subscription[T any] struct {
	scope    audit.Scope
	kind     audit.Kind
	where    query.Node
	node     func(live.Item) *T
	patience time.Duration
	out      chan *T
}

// start begins after the given position, else at the end. Unless it follows, it
// ends when everything is sent that is stored by then.
func (s *subscription[T]) start(ctx context.Context, tail *live.Tail, after *string, follow bool) (<-chan *T, error) {
	scope, err := node.ScopeOf(ctx)
	if err != nil {
		return nil, err
	}
	follower, err := tail.Follow(ctx, (*audit.Position)(after))
	if err != nil {
		if known := audit.AsError(err); after != nil && known.Code == audit.BadUserInput {
			return nil, audit.Invalid("after", "%s", known.Message)
		}
		return nil, err
	}
	s.scope, s.out = scope, make(chan *T)
	next := follower.Next
	if !follow {
		next = follower.Stored
	}
	go func() {
		defer close(s.out)
		defer follower.Close()
		endWith(ctx, s.run(ctx, next))
	}()
	return s.out, nil
}

// run sends what comes until ctx ends, something fails, or nothing more is to come.
func (s *subscription[T]) run(ctx context.Context, next func(context.Context) ([]live.Item, error)) error {
	for {
		items, err := next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := s.send(ctx, items); err != nil {
			return err
		}
	}
}

func (s *subscription[T]) matches(item live.Item) bool {
	return item.Record.Kind == s.kind && s.scope.Allows(item.Record.Org) && query.Match(s.where, item.Document())
}

// send sends the rows that match. A reader who does not take one is given up, so
// that nothing piles up for it.
func (s *subscription[T]) send(ctx context.Context, items []live.Item) error {
	patience := time.NewTimer(s.patience)
	defer patience.Stop()
	for _, item := range items {
		if !s.matches(item) {
			continue
		}
		patience.Reset(s.patience)
		select {
		case s.out <- s.node(item):
		case <-ctx.Done():
			return ctx.Err()
		case <-patience.C:
			return &audit.Error{Code: audit.Unavailable,
				Message: "what came was not read fast enough; subscribe again after the last position"}
		}
	}
	return nil
}
