package graph

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"

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
	ctx context.Context, filter map[string]any, search, after *string,
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
		resolver: r.resolver, scope: scope, where: where, search: found,
		exact: selected(ctx, "position"), added: make(chan *node.AuthAudit),
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
	if _, _, err := r.reader.Records.Since(ctx, position, 1); err != nil {
		known := audit.AsError(err)
		if known.Code == audit.BadUserInput {
			return "", audit.Invalid("after", "%s", known.Message)
		}
		return "", err
	}
	return position, nil
}

// selected reports whether a subscription asks for a member of its records.
func selected(ctx context.Context, member string) bool {
	for _, field := range graphql.CollectFieldsCtx(ctx, nil) {
		if field.Name == member {
			return true
		}
	}
	return false
}

// tail is one subscription.
type tail struct {
	*resolver
	scope    audit.Scope
	where    query.Node
	search   query.Node // to highlight
	exact    bool       // each record is sent with the position after it
	position audit.Position
	added    chan *node.AuthAudit
}

// run sends what is added until ctx ends, or something fails.
func (t *tail) run(ctx context.Context) error {
	limit := t.limit()
	for {
		records, next, err := t.reader.Records.Since(ctx, t.position, limit)
		if err != nil {
			return err
		}
		if len(records) == 0 {
			if err := t.reader.Records.Wait(ctx, next); err != nil {
				return err
			}
			limit = t.limit()
			continue
		}
		// The feed knows the position after a batch only. Where it matters, a batch
		// therefore ends with the first record that is sent.
		if end := t.firstMatch(records) + 1; t.exact && end > 0 && end < len(records) {
			limit = end
			continue
		}
		t.position = next
		limit = t.limit()
		if sent, err := t.send(ctx, records); err != nil {
			return err
		} else if !sent {
			limit = feedBatch
		}
	}
}

// limit is how many records to read: one, where a position is wanted after
// each, as long as they are likely to be sent.
func (t *tail) limit() int {
	if t.exact {
		return 1
	}
	return feedBatch
}

func (t *tail) matches(record *audit.Record) bool {
	return record.Kind == audit.KindAuth && t.scope.Allows(record.Org) && query.Match(t.where, record.Document())
}

// firstMatch returns the index of the first record to send, -1 if there is none.
func (t *tail) firstMatch(records []*audit.Record) int {
	for i, record := range records {
		if t.matches(record) {
			return i
		}
	}
	return -1
}

// send sends the records that match, and reports whether there were any.
func (t *tail) send(ctx context.Context, records []*audit.Record) (sent bool, err error) {
	patience := time.NewTimer(t.patience)
	defer patience.Stop()
	for i, record := range records {
		if !t.matches(record) {
			continue
		}
		var position audit.Position
		if i == len(records)-1 {
			position = t.position
		}
		patience.Reset(t.patience)
		select {
		case t.added <- node.Added(t.reader, record, t.search, position):
			sent = true
		case <-ctx.Done():
			return sent, ctx.Err()
		case <-patience.C:
			return sent, &audit.Error{Code: audit.Unavailable,
				Message: "the records were not read fast enough; subscribe again after the last position"}
		}
	}
	return sent, nil
}
