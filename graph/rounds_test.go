package graph_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// joinedFlow is all that hangs on one login flow.
const joinedFlow = `query($id: String!) { loginFlow(requestId: $id) { outcome verdict { text clauses { text records { uniqueId } } }
  records { uniqueId time eventName result sessionView { sessionId } } links { record { uniqueId } via strength } conflicts { key }
  stages { eventName records { uniqueId } } traces { totalCount nodes { traceId records { nodes { uniqueId } } } }
  sessionView { sessionId startedAt endedAt tokenIds attempts { totalCount nodes { requestId outcome } }
    records { nodes { uniqueId } } audits { totalCount nodes { uniqueId action } } events { nodes { uniqueId } } } } }`

// deniedFlows is the same for a page of flows.
const deniedFlows = `query($first: Int) { loginFlows(filter: {outcome: {eq: DENIED}}, first: $first) { nodes { outcome verdict { text }
  records { uniqueId } traces { nodes { traceId records { nodes { uniqueId } } } }
  sessionView { startedAt attempts { nodes { requestId } } audits { nodes { action } } } } } }`

// TestAJoinedViewTakesFewRoundTrips counts how many calls follow one another, in a
// time that goes on only when everything waits: calls that are made at once take
// the time of one.
func TestAJoinedViewTakesFewRoundTrips(t *testing.T) {
	for name, test := range map[string]struct {
		document string
		vars     variables
		rounds   int
	}{
		"one flow":       {joinedFlow, variables{"id": "r-7"}, 2},
		"5 flows":        {deniedFlows, variables{"first": 5}, 2},
		"50 flows":       {deniedFlows, variables{"first": 50}, 2},
		"from a session": {`{ session(id: "s-7", orgId: "org-001") { attempts { nodes { verdict { text } } } audits { nodes { action } } } }`, nil, 2},
		"from records":   {deniedTab, variables{"first": 50}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAPI(t, deniedAttempts(60)...)
				a.taken()
				a.takes = time.Second
				started := time.Now()
				a.ask(t, test.document, test.vars, new(any))
				if rounds := int(time.Since(started) / a.takes); rounds > test.rounds {
					made := a.taken()
					slices.Sort(made)
					t.Errorf("%d round trips, want %d: %q", rounds, test.rounds, made)
				}
			})
		})
	}
}
