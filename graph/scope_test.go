package graph_test

import (
	"testing"

	"github.com/authtrail/authtrail/audit"
)

// twins are the same ids in two orgs.
var twins = []string{
	`{"unique_id":"a","create_time":"2026-11-01T00:00:00Z","event":{"event_name":"Token","result":"Success","org_id":"one","session":"s","trace_id":"t","request_id":"r","user_id":"ann"}}`,
	`{"unique_id":"a","create_time":"2026-11-01T00:00:01Z","event":{"event_name":"Token","result":"Denied","org_id":"two","session":"s","trace_id":"t","request_id":"r","user_id":"bob"}}`,
	`{"unique_id":"b","create_time":"2026-11-01T00:00:02Z","event":{"action":"list","api_name":"x","target_id":"y","org_id":"two","session":"s","trace_id":"t"}}`,
}

func TestAnOrgSeesNothingOfAnother(t *testing.T) {
	t.Parallel()
	a := newAPI(t, twins...)
	var data struct {
		AuthAudits struct {
			TotalCount int
			Nodes      []struct {
				UserID      string
				SessionView struct {
					Records struct{ TotalCount int }
					Audits  struct {
						TotalCount int
						Nodes      []struct{ UniqueID string }
					}
				}
				LoginFlow struct{ UserID string }
			}
			Facets []struct{ Values []struct{ Value string } }
		}
		LoginFlows struct{ TotalCount int }
		Session    struct{ OrgID string }
		Viewer     struct {
			Orgs    []string
			AllOrgs bool
		}
	}
	a.askAs(t, audit.MemberOf("ann", "one", audit.RoleViewer), `{ authAudits { totalCount
	  nodes { userId sessionView { records { totalCount } audits { totalCount nodes { uniqueId } } } loginFlow { userId } }
	  facets(fields: [ORG_ID]) { values { value } } } loginFlows { totalCount } session(id: "s") { orgId } viewer { orgs allOrgs } }`,
		nil, &data)
	list := data.AuthAudits
	if list.TotalCount != 1 || len(list.Nodes) != 1 || list.Nodes[0].UserID != "ann" || list.Nodes[0].LoginFlow.UserID != "ann" {
		t.Errorf("the list is %+v", list)
	}
	session := list.Nodes[0].SessionView
	if session.Records.TotalCount != 1 || session.Audits.TotalCount != 0 || len(session.Audits.Nodes) != 0 {
		t.Errorf("the session is %+v", session)
	}
	if len(list.Facets[0].Values) != 1 || data.LoginFlows.TotalCount != 1 || data.Session.OrgID != "one" {
		t.Errorf("got %+v", data)
	}
	if data.Viewer.AllOrgs || len(data.Viewer.Orgs) != 1 {
		t.Errorf("the viewer is %+v", data.Viewer)
	}
}

func TestARawIDOfSeveralOrgsNeedsAnOrg(t *testing.T) {
	t.Parallel()
	a := newAPI(t, twins...)
	for _, field := range []string{`session(id: "s")`, `trace(id: "t")`, `loginFlow(requestId: "r")`} {
		err := a.refused(t, `{ found: `+field+` { id } }`, nil)
		if err.Extensions["code"] != "BAD_USER_INPUT" || err.Extensions["field"] != "orgId" {
			t.Errorf("%s: %q %v", field, err.Message, err.Extensions)
		}
		chosen := field[:len(field)-1] + `, orgId: "two")`
		var data struct{ Found *struct{ OrgID string } }
		a.ask(t, `{ found: `+chosen+` { orgId } }`, nil, &data)
		if data.Found == nil || data.Found.OrgID != "two" {
			t.Errorf("%s is %+v", chosen, data.Found)
		}
	}
}

func TestWhatIsUnknownOrForeignIsNull(t *testing.T) {
	t.Parallel()
	a := newAPI(t, twins...)
	ann := audit.MemberOf("ann", "one", audit.RoleViewer)
	for _, field := range []string{`session(id: "x")`, `trace(id: "x")`, `loginFlow(requestId: "x")`, `session(id: "")`, `trace(id: "")`,
		`loginFlow(requestId: "")`, `session(id: "s", orgId: "two")`, `trace(id: "t", orgId: "two")`, `loginFlow(requestId: "r", orgId: "two")`,
		`session(id: "s", orgId: "")`} {
		var data struct{ Found any }
		a.askAs(t, ann, `{ found: `+field+` { id } }`, nil, &data)
		if data.Found != nil {
			t.Errorf("%s is %v", field, data.Found)
		}
	}
}
