package flow

import (
	"context"
	"errors"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// Rows is what a View reads: a store of login flows, as far as it answers questions.
type Rows interface {
	audit.Searcher
	audit.Looker
	audit.Counter
	audit.Scanner
	audit.Feed
}

// Options are what a View may be told.
type Options struct {
	// Fresh, if any, is called before each question but those to the feed: it may
	// wait a little until the stored flows have caught up with the records.
	Fresh func(context.Context)
}

// View answers audit.Flows from stored flows. What depends on the clock is told when
// it is asked: every call is of one moment.
//
// As in the documents of records, unique_id means that of a record, in what is
// asked and counted; a Lookup by UniqueID finds the flow with that id.
type View struct {
	audit.Feed
	rows  Rows
	now   func() time.Time
	idle  time.Duration
	fresh func(context.Context)
}

var _ audit.Flows = (*View)(nil)

// NewView returns a View of stored flows. Idle is how long an undecided attempt may be
// silent before it counts as abandoned.
func NewView(rows Rows, now func() time.Time, idle time.Duration, options Options) *View {
	return &View{Feed: rows, rows: rows, now: now, idle: idle, fresh: options.Fresh}
}

// ask begins a question: it returns its moment.
func (v *View) ask(ctx context.Context) moment {
	if v.fresh != nil {
		v.fresh(ctx)
	}
	return moment{idleBefore: v.now().Add(-v.idle).UnixNano()}
}

// Search implements audit.Searcher.
func (v *View) Search(ctx context.Context, q audit.Query) (audit.Page, error) {
	if err := q.Validate(); err != nil {
		return audit.Page{}, err
	}
	return v.rows.Search(ctx, v.ask(ctx).query(q))
}

// Scan implements audit.Scanner.
func (v *View) Scan(ctx context.Context, q audit.Query, yield func(*audit.Record) bool) error {
	if err := q.Scope.Validate(); err != nil {
		return err
	}
	return v.rows.Scan(ctx, v.ask(ctx).query(q), yield)
}

// Count implements audit.Counter.
func (v *View) Count(ctx context.Context, queries []audit.Query) ([]int, error) {
	m := v.ask(ctx)
	asked := make([]audit.Query, len(queries))
	for i, q := range queries {
		asked[i] = m.query(q)
	}
	return v.rows.Count(ctx, asked)
}

// unreadable is the verdict of a flow that was damaged where it is stored.
const unreadable = "What is stored of this login flow cannot be read in full; rebuilding the flows makes it anew from its records."

// Flow implements audit.Flows. Of a row that is damaged it returns what can be read,
// with a verdict that says so; StateOf has the error.
func (v *View) Flow(row *audit.Record) *audit.Flow {
	stored := storedOf(row)
	links, err := stored.events()
	if err == nil {
		return stored.whole(links, v.now(), v.idle)
	}
	f := v.summary(stored)
	if !errors.Is(err, errOnlyHead) {
		f.Verdict = audit.Verdict{Text: unreadable}
	}
	return f
}

// Summary implements audit.Flows.
func (v *View) Summary(row *audit.Record) *audit.Flow { return v.summary(storedOf(row)) }

func (v *View) summary(stored *storedFlow) *audit.Flow {
	f := stored.flow
	if f.Outcome == "" {
		f.Outcome = undecidedOutcome(v.now(), f.EndedAt, v.idle)
	}
	return &f
}

// whole returns the flow with its records.
func (s *storedFlow) whole(links []audit.Link, now time.Time, idle time.Duration) *audit.Flow {
	stitched := &Stitched{Org: s.flow.Org, Key: s.key, Links: links, Conflicts: s.flow.Conflicts, Truncated: s.flow.Truncated}
	f := stitched.Flow(now, idle)
	f.ID = s.flow.ID
	f.Revision, f.Revisions, f.Closed = s.flow.Revision, s.flow.Revisions, s.flow.Closed
	return f
}
