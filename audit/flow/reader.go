package flow

import (
	"context"
	"fmt"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// Reader derives flows from stored records whenever it is asked. It stores
// nothing, so a flow is as current as its records.
type Reader struct {
	searcher audit.Searcher
	looker   audit.Looker
	now      func() time.Time
	idle     time.Duration

	pageSize    int // records asked for at once
	scanLimit   int // records after which SearchFlows stops looking
	narrowLimit int // records among which a narrow search finds all of its flows
}

var _ audit.FlowReader = (*Reader)(nil)

// NewReader returns a Reader of the records that the two roles of a store give.
// Idle is how long an undecided attempt may be silent before it counts as abandoned.
func NewReader(searcher audit.Searcher, looker audit.Looker, now func() time.Time, idle time.Duration) *Reader {
	return &Reader{searcher: searcher, looker: looker, now: now, idle: idle,
		pageSize: audit.MaxPageSize, scanLimit: 20_000, narrowLimit: 1_000}
}

// SearchFlows implements audit.FlowReader.
//
// It looks at the records of at most some 20,000 places of the list, and to the
// end of the instant that it is in then, before it stops and says where.
func (r *Reader) SearchFlows(ctx context.Context, q audit.FlowQuery) (audit.FlowPage, error) {
	if err := q.Validate(); err != nil {
		return audit.FlowPage{}, err
	}
	found, err := r.collect(ctx, q)
	if err != nil {
		return audit.FlowPage{}, fmt.Errorf("search flows: %w", err)
	}
	return found.page(q), nil
}

// EachFlow implements audit.FlowReader.
func (r *Reader) EachFlow(ctx context.Context, q audit.FlowQuery, yield func(*audit.Flow) bool) error {
	if err := q.Scope.Validate(); err != nil {
		return err
	}
	q.Window = audit.FlowWindow{}
	_, err := r.walk(ctx, r.walkOf(q), func(f *audit.Flow, _ audit.FlowCursor) bool { return yield(f) })
	if err != nil {
		return fmt.Errorf("read flows: %w", err)
	}
	return nil
}
