package graph_test

import (
	"slices"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

const flowTail = `subscription($filter: LoginFlowFilter, $search: String, $after: String) {
  loginFlowUpdated(filter: $filter, search: $search, after: $after) { position requestId outcome revision records { uniqueId } } }`

type updated struct {
	Position, Outcome string
	RequestID         *string
	Revision          int
	Records           []struct{ UniqueID string }
}

func (f *follower) flow() updated {
	f.t.Helper()
	var data struct{ LoginFlowUpdated updated }
	f.readInto(&data)
	return data.LoginFlowUpdated
}

func TestASubscriptionYieldsEachFlowThatChanges(t *testing.T) {
	t.Parallel()
	a := newAPI(t, attempts[:2]...)
	f := follow(t, a, audit.Everyone(), flowTail, nil)
	denied := follow(t, a, audit.Everyone(), flowTail, variables{"filter": variables{"outcome": variables{"eq": "DENIED"}}})
	a.add(t, attempts[2:4]...)
	if got := f.flow(); *got.RequestID != "ra" || got.Outcome != "SUCCEEDED" || got.Revision != 2 || len(got.Records) != 4 {
		t.Errorf("got %+v", got)
	}
	a.add(t, attempts[4:]...)
	if first, second := f.flow(), f.flow(); *first.RequestID+*second.RequestID != "rbrc" && *first.RequestID+*second.RequestID != "rcrb" {
		t.Errorf("got %+v and %+v", first, second)
	}
	if got := denied.flow(); *got.RequestID != "rb" || got.Outcome != "DENIED" {
		t.Errorf("of those denied comes %+v", got)
	}
}

func TestAFlowThatNothingDecidesIsFilteredAsItIsNow(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	f := follow(t, a, audit.Everyone(), flowTail, variables{"filter": variables{"outcome": variables{"in": []string{"ABANDONED"}}}})
	a.add(t, attempts...)
	if got := f.flow(); *got.RequestID != "rc" || got.Outcome != "ABANDONED" {
		t.Errorf("got %+v", got)
	}
}

func TestNothingIsMissedBetweenAListOfFlowsAndASubscription(t *testing.T) {
	t.Parallel()
	a := newAPI(t, attempts[0])
	var data struct {
		LoginFlows struct {
			Position string
			Nodes    []struct{ RequestID string }
		}
	}
	a.ask(t, `{ loginFlows { position nodes { requestId } } }`, nil, &data)
	a.add(t, attempts[1:5]...)
	f := follow(t, a, audit.Everyone(), flowTail, variables{"after": data.LoginFlows.Position})
	var got []string
	var last updated
	for range 2 {
		last = f.flow()
		got = append(got, *last.RequestID)
	}
	if slices.Sort(got); !slices.Equal(got, []string{"ra", "rb"}) {
		t.Errorf("got %v", got)
	}
	a.add(t, attempts[5])
	resumed := follow(t, a, audit.Everyone(), flowTail, variables{"after": last.Position})
	if got := resumed.flow(); *got.RequestID != "rc" {
		t.Errorf("after the last position comes %+v", got)
	}
}

func TestASubscriptionToFlowsSeesItsOwnOrgOnly(t *testing.T) {
	t.Parallel()
	a := newAPI(t, twins...)
	f := follow(t, a, audit.MemberOf("bob", "two", audit.RoleViewer), flowTail, variables{"after": ""})
	a.add(t, `{"unique_id":"c","create_time":"2026-11-01T00:00:00Z","event":{"event_name":"Token","org_id":"one","request_id":"q"}}`,
		`{"unique_id":"d","create_time":"2026-11-01T00:00:00Z","event":{"event_name":"Token","org_id":"two","request_id":"q"}}`)
	for _, want := range []string{"a", "d"} {
		if got := f.flow(); len(got.Records) != 1 || got.Records[0].UniqueID != want {
			t.Errorf("got %+v, want the flow of %s", got, want)
		}
	}
}

func TestASubscriptionToFlowsEndsOrFailsAsThatToRecordsDoes(t *testing.T) {
	t.Parallel()
	a := newAPI(t, attempts...)
	stored := follow(t, a, audit.Everyone(), `subscription { loginFlowUpdated(after: "", follow: false) { requestId } }`, nil)
	for range 3 {
		stored.flow()
	}
	if response := stored.next(stored.ctx); response != nil {
		t.Errorf("after what is stored comes %+v", response)
	}
	if err := a.refused(t, flowTail, variables{"after": "yesterday"}); err.Extensions["code"] != "BAD_USER_INPUT" || err.Extensions["field"] != "after" {
		t.Errorf("got %q %v", err.Message, err.Extensions)
	}
	f := follow(t, a, audit.Everyone(), flowTail, nil)
	if err := a.flows.Close(); err != nil {
		t.Fatal(err)
	}
	response := f.next(f.ctx)
	if response == nil || len(response.Errors) != 1 || response.Errors[0].Extensions["code"] != "UNAVAILABLE" {
		t.Fatalf("got %+v", response)
	}
}
