package flow

import (
	"context"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// walk gives out the flows of the way, in its order, until give returns false.
// It returns where it gave up, if it did.
func (r *Reader) walk(ctx context.Context, w walk, give func(*audit.Flow, audit.FlowCursor) bool) (*audit.FlowCursor, error) {
	now := r.now()
	plan := r.planOf(w, now)
	for _, witnesses := range plan.witnesses {
		flows, complete, err := r.narrow(ctx, w, witnesses, now)
		if err != nil {
			return nil, err
		}
		if complete {
			w.giveSorted(flows, give)
			return nil, nil
		}
	}
	return r.scan(ctx, w, plan, now, give)
}

// narrow finds every flow of the way through the records that such a flow must
// have one of, if there are few of them. Otherwise the search is not complete:
// what so many records match, a scan comes upon soon enough.
func (r *Reader) narrow(ctx context.Context, w walk, witnesses query.Node, now time.Time) (flows []*audit.Flow, complete bool, err error) {
	q := audit.Query{Scope: w.query.Scope, Kinds: []audit.Kind{audit.KindAuth}, Where: witnesses,
		Window: audit.Window{Limit: r.pageSize}}
	var keys []audit.FlowKey
	seen := map[audit.Key]bool{}
	for read := 0; ; {
		page, err := r.searcher.Search(ctx, q)
		if err != nil {
			return nil, false, err
		}
		for _, record := range page.Records() {
			if key := attemptOf(record); !seen[key] {
				seen[key] = true
				keys = append(keys, audit.FlowKey{Org: key.Org, RequestID: key.UniqueID})
			}
		}
		read += len(page.Hits)
		if !page.HasNext || len(page.Hits) == 0 {
			break
		}
		if read >= r.narrowLimit {
			return nil, false, nil
		}
		after := q.CursorAt(page.Hits[len(page.Hits)-1])
		q.Window.After = &after
	}
	candidates, err := r.flowsOf(ctx, w.query.Scope, keys, now)
	for _, f := range slices.Concat(candidates...) {
		if matches(w.query, f) {
			flows = append(flows, f)
		}
	}
	return flows, err == nil, err
}

// matches reports whether a flow is what the query asks for. It defines what a
// flow query means.
func matches(q audit.FlowQuery, f *audit.Flow) bool {
	return query.Match(q.Where, Document(f)) && (q.Search == nil ||
		slices.ContainsFunc(f.Records, func(r *audit.Record) bool { return query.Match(q.Search, r.Document()) }))
}
