package graph

import (
	"context"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/graph/node"
)

const (
	// feedBatch is how many records a subscription reads at once, and so the most
	// that it holds.
	feedBatch = 500
	// readerPatience is how long a subscription waits for its reader to take a
	// record before it gives the reader up.
	readerPatience = time.Minute
)

// AuthAuditAdded follows the feed. Its memory is bounded by one batch: a reader
// that is slow makes it read later, since the feed keeps everything.
func (r subscriptionResolver) AuthAuditAdded(
	ctx context.Context, filter map[string]any, search, after *string, follow bool,
) (<-chan *node.AuthAudit, error) {
	scope, err := node.ScopeOf(ctx)
	if err != nil {
		return nil, err
	}
	where, found, err := r.conditions(filter, search)
	if err != nil {
		return nil, err
	}
	t := &tail{
		resolver: r.resolver, scope: scope, where: where, search: found, follow: follow,
		added: make(chan *node.AuthAudit),
	}
	if t.position, err = r.startAt(ctx, after); err != nil {
		return nil, err
	}
	go func() {
		defer close(t.added)
		endWith(ctx, t.run(ctx))
	}()
	return t.added, nil
}

// startAt returns where to begin: after the given position, which is tried at
// once so that a wrong one is refused, else at the end.
func (r *resolver) startAt(ctx context.Context, after *string) (audit.Position, error) {
	if after == nil {
		return r.reader.Records.End(ctx)
	}
	position := audit.Position(*after)
	if _, err := r.reader.Records.Since(ctx, position, 1); err != nil {
		known := audit.AsError(err)
		if known.Code == audit.BadUserInput {
			return "", audit.Invalid("after", "%s", known.Message)
		}
		return "", err
	}
	return position, nil
}

// tail is one subscription.
type tail struct {
	*resolver
	scope    audit.Scope
	where    query.Node
	search   query.Node // to highlight
	follow   bool       // what is stored after it has come to the end
	position audit.Position
	added    chan *node.AuthAudit
}

// run sends what is added until ctx ends, something fails, or all is sent and
// nothing is to be waited for.
func (t *tail) run(ctx context.Context) error {
	for {
		batch, err := t.reader.Records.Since(ctx, t.position, feedBatch)
		if err != nil {
			return err
		}
		if len(batch.Records) == 0 {
			if !t.follow {
				return nil
			}
			if err := t.reader.Records.Wait(ctx, batch.Next); err != nil {
				return err
			}
		}
		if err := t.send(ctx, batch); err != nil {
			return err
		}
		t.position = batch.Next
	}
}

func (t *tail) matches(record *audit.Record) bool {
	return record.Kind == audit.KindAuth && t.scope.Allows(record.Org) && query.Match(t.where, record.Document())
}

// send sends the records that match, each with the position after it.
func (t *tail) send(ctx context.Context, batch audit.FeedBatch) error {
	patience := time.NewTimer(t.patience)
	defer patience.Stop()
	for i, record := range batch.Records {
		if !t.matches(record) {
			continue
		}
		patience.Reset(t.patience)
		select {
		case t.added <- node.Added(t.reader, record, t.search, batch.Positions[i]):
		case <-ctx.Done():
			return ctx.Err()
		case <-patience.C:
			return &audit.Error{Code: audit.Unavailable,
				Message: "the records were not read fast enough; subscribe again after the last position"}
		}
	}
	return nil
}
