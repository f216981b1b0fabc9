package graph_test

import (
	"testing"
	"time"
)

// summary is a login flow as lists show it.
type summary struct {
	ID, Outcome, Shape, OrgID string
	ApplicationName, UserID   *string
	RequestID                 *string
	StartedAt                 time.Time
	Stages                    []struct {
		EventName, Result *string
		GapMs             float64
	}
}

// allFlows returns the flows of the sample, newest first, read as lists.
func allFlows(t *testing.T, a *api) []summary {
	t.Helper()
	var all []summary
	for after := (*string)(nil); ; {
		var data struct {
			LoginFlows struct {
				Nodes    []summary
				PageInfo struct {
					HasNextPage bool
					EndCursor   *string
				}
			}
		}
		a.ask(t, `query($after: String) { loginFlows(first: 500, after: $after) { pageInfo { hasNextPage endCursor }
		  nodes { id outcome shape orgId applicationName userId requestId startedAt stages { eventName result gapMs } } } }`, variables{"after": after}, &data)
		all = append(all, data.LoginFlows.Nodes...)
		if after = data.LoginFlows.PageInfo.EndCursor; !data.LoginFlows.PageInfo.HasNextPage {
			return all
		}
	}
}
