package graph_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
)

func TestAFlowRemembersWhatChanged(t *testing.T) {
	t.Parallel()
	a := newAPI(t, attempts[0])
	a.add(t, attempts[1:4]...)
	var data struct {
		LoginFlow struct {
			Revision    int
			Closed, Mfa bool
			Revisions   []struct {
				Number  int
				Closing bool
				Changes []struct {
					Field      string
					From, To   *string
					Came, Went []string
				}
			}
		}
	}
	a.ask(t, `{ loginFlow(requestId: "ra") { revision closed mfa revisions { number at closing changes { field from to came went } } } }`, nil, &data)
	flow := data.LoginFlow
	if flow.Revision != 2 || len(flow.Revisions) != 2 || !flow.Closed || !flow.Mfa || !flow.Revisions[1].Closing || len(flow.Revisions[0].Changes) != 0 {
		t.Fatalf("got %+v", flow)
	}
	for _, change := range flow.Revisions[1].Changes {
		switch change.Field {
		case "records":
			if !slices.Equal(change.Came, []string{"a2", "a3", "a4"}) || len(change.Went) != 0 || change.From != nil {
				t.Errorf("records: %+v", change)
			}
		case "outcome":
			if change.To == nil || *change.To != "SUCCEEDED" {
				t.Errorf("outcome: %+v", change)
			}
		}
	}
}

func TestAnIDUnderWhichARecordStoodAloneLeadsToTheFlowThatHasItNow(t *testing.T) {
	t.Parallel()
	a := newAPI(t, step("late", "00:00:02", `"event_name":"MFA Challenge","result":"Timeout","trace_id":"t1"`))
	const alone = `{ authAudits(filter: {uniqueId: {eq: "late"}}) { nodes { loginFlow { id formerIds requestId records { uniqueId } links { via strength } } } } }`
	type nodes struct {
		AuthAudits struct {
			Nodes []struct {
				LoginFlow struct {
					ID        string
					FormerIDs []string
					RequestID *string
					Records   []struct{ UniqueID string }
					Links     []struct{ Via, Strength string }
				}
			}
		}
	}
	var before, after nodes
	a.ask(t, alone, nil, &before)
	provisional := before.AuthAudits.Nodes[0].LoginFlow
	if provisional.RequestID != nil || len(provisional.Records) != 1 || provisional.Links[0].Via != "TRACE" {
		t.Fatalf("alone it is %+v", provisional)
	}
	a.add(t, step("a1", "00:00:00", `"request_id":"ra","trace_id":"t1","event_name":"Authentication Request","result":"InProgress"`))
	a.ask(t, alone, nil, &after)
	home := after.AuthAudits.Nodes[0].LoginFlow
	if home.RequestID == nil || *home.RequestID != "ra" || len(home.Records) != 2 || !slices.Contains(home.FormerIDs, provisional.ID) {
		t.Fatalf("then it is %+v", home)
	}
	var found struct {
		Node  struct{ ID string }
		Nodes []*struct{ ID string }
	}
	a.ask(t, `query($id: ID!, $ids: [ID!]!) { node(id: $id) { id } nodes(ids: $ids) { id } }`,
		variables{"id": provisional.ID, "ids": []string{provisional.ID, home.ID}}, &found)
	if found.Node.ID != home.ID || found.Nodes[0].ID != home.ID || found.Nodes[1].ID != home.ID {
		t.Errorf("the former id leads to %+v", found)
	}
}

func TestAttemptsOfASessionArePagesOfStoredFlows(t *testing.T) {
	t.Parallel()
	var events []string
	for i := range 30 {
		events = append(events, step(fmt.Sprint("e-", i), fmt.Sprintf("00:00:%02d", i/3), fmt.Sprintf(`"event_name":"Token","session":"s","request_id":"r-%d"`, i)))
	}
	a := newAPI(t, events...)
	var data struct {
		Session struct{ First, Rest, Last flowPage }
	}
	a.taken()
	a.ask(t, `{ session(id: "s", orgId: "o") { first: attempts(first: 1) `+flowPageFields+` } }`, nil, &data)
	if calls := a.taken(); !reflect.DeepEqual(calls[1:], []string{"look up flows by [session]", "count flows"}) &&
		!reflect.DeepEqual(calls[1:], []string{"count flows", "look up flows by [session]"}) {
		t.Errorf("one attempt costs %q", calls)
	}
	first := data.Session.First
	a.ask(t, `query($after: String) { session(id: "s") { rest: attempts(first: 500, after: $after) `+flowPageFields+` last: attempts(last: 29) `+flowPageFields+` } }`,
		variables{"after": first.PageInfo.EndCursor}, &data)
	rest, last := data.Session.Rest, data.Session.Last
	if len(first.Edges) != 1 || !first.PageInfo.HasNextPage || first.TotalCount != 30 || len(rest.Edges) != 29 || !reflect.DeepEqual(rest.Edges, last.Edges) {
		t.Errorf("one, the rest, and the last 29 are %+v\n%+v\n%+v", first, rest, last)
	}
}

func TestATraceLeadsToTheFlowsThatHaveIt(t *testing.T) {
	t.Parallel()
	a := newAPI(t, append(slices.Clone(attempts), step("d1", "04:00:00", `"request_id":"rd","event_name":"Token","trace_id":"t1"`))...)
	var data struct {
		Trace struct {
			LoginFlows struct {
				TotalCount int
				Nodes      []struct{ RequestID string }
			}
		}
	}
	a.ask(t, `{ trace(id: "t1") { loginFlows(last: 1) { totalCount nodes { requestId } } } }`, nil, &data)
	if flows := data.Trace.LoginFlows; flows.TotalCount != 2 || len(flows.Nodes) != 1 || flows.Nodes[0].RequestID != "rd" {
		t.Errorf("got %+v", flows)
	}
}
