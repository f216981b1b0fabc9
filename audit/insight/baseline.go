package insight

import (
	"context"
	"fmt"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// FlowSearcher finds flows; every audit.Flows does.
type FlowSearcher interface {
	audit.Searcher
	// Flow and Summary are as those of audit.Flows.
	Flow(row *audit.Record) *audit.Flow
	Summary(row *audit.Record) *audit.Flow
}

// MaxBaselineCandidates is how many flows are looked at for one of the user: those
// whose records name the user, but another one before, are passed by.
const MaxBaselineCandidates = 2_000

// firstCandidates is how many of them are read first: seldom is any passed by.
const firstCandidates = 20

// FindBaseline returns what to compare a flow with when nobody says: of the same
// org and user, the last flow that began before it and succeeded. The user is the
// system-local id, or the upstream id where only that is known. Whether there is one, or
// why not, the Baseline says. It costs one round trip, or another for each further page
// where the flow is not on the first.
func FindBaseline(ctx context.Context, flows FlowSearcher, a *audit.Flow) (*audit.Flow, Baseline, error) {
	field, userOf := query.UserID, func(f *audit.Flow) string { return f.UserID }
	if a.UserID == "" {
		field, userOf = query.UpstreamUserID, func(f *audit.Flow) string { return f.UpstreamUserID }
	}
	user := userOf(a)
	if user == "" {
		return nil, UserUnknown, nil
	}
	q := audit.Query{
		Scope: audit.Orgs(a.Org),
		Kinds: []audit.Kind{audit.KindFlow},
		Where: query.AllOf(
			query.Exact{Field: query.FlowOutcome, Values: []string{string(audit.Succeeded)}},
			query.Exact{Field: field, Values: []string{user}},
			query.TimeRange{To: a.StartedAt}),
		Window: audit.Window{Limit: firstCandidates},
	}
	for left := MaxBaselineCandidates; left > 0; {
		page, err := flows.Search(ctx, q)
		if err != nil {
			return nil, "", fmt.Errorf("find the user's last flow that succeeded: %w", err)
		}
		for _, hit := range page.Hits {
			if userOf(flows.Summary(hit.Record)) == user {
				return flows.Flow(hit.Record), LastSucceeded, nil
			}
		}
		if !page.HasNext {
			break
		}
		after := q.CursorAt(page.Hits[len(page.Hits)-1])
		left -= len(page.Hits)
		q.Window.After, q.Window.Limit = &after, min(left, audit.MaxPageSize)
	}
	return nil, NoneSucceeded, nil
}
