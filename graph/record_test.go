package graph_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

const wholeEvent = `{"unique_id":"whole","create_time":"2026-11-01T00:00:00.000000001+01:00","beside":1,"event":{"user_id":"u",
 "upstream_user_id":"u@x","org_id":"o","org_name":"O","time":"2026-11-01T00:00:05.123456789Z","event":"E","event_name":"Token",
 "source_ip":"10.1.2.3","token_id":"t","trace_id":"tr","session":"s","issuer":"i","client_id":"c","application_name":"Water SCADA",
 "login_org_id":"lo","login_org_name":"LO","upstream_idp":"okta","stage":"S","result":"Success","user_agent":"ua","request_id":"r",
 "big":123456789012345678901234567890,"deep":{"list":[1.50,"<a>",null,{"k":true}]},"issuer_id":7}}`

func TestARecordHasEveryDocumentedFieldAndEverythingElse(t *testing.T) {
	t.Parallel()
	a := newAPI(t, wholeEvent)
	var data struct {
		AuthAudits struct{ Nodes []map[string]json.RawMessage }
	}
	a.ask(t, `{ authAudits { nodes { userId upstreamUserId orgId orgName time createTime event eventName sourceIp tokenId traceId session
	  issuer clientId applicationName loginOrgId loginOrgName upstreamIdp stage result userAgent requestId uniqueId extra raw position } } }`,
		nil, &data)
	for field, want := range map[string]string{
		"userId": `"u"`, "upstreamUserId": `"u@x"`, "orgId": `"o"`, "orgName": `"O"`, "time": `"2026-11-01T00:00:05.123456789Z"`,
		"createTime": `"2026-10-31T23:00:00.000000001Z"`, "event": `"E"`, "eventName": `"Token"`, "sourceIp": `"10.1.2.3"`,
		"tokenId": `"t"`, "traceId": `"tr"`, "session": `"s"`, "issuer": `"i"`, "clientId": `"c"`, "applicationName": `"Water SCADA"`,
		"loginOrgId": `"lo"`, "loginOrgName": `"LO"`, "upstreamIdp": `"okta"`, "stage": `"S"`, "result": `"Success"`, "userAgent": `"ua"`,
		"requestId": `"r"`, "uniqueId": `"whole"`, "position": `null`,
		"extra": `{"big":123456789012345678901234567890,"deep":{"list":[1.50,"<a>",null,{"k":true}]},"issuer_id":7}`,
		"raw":   wholeEvent,
	} {
		if got := string(data.AuthAudits.Nodes[0][field]); got != want {
			t.Errorf("%s is %s, want %s", field, got, want)
		}
	}
}

func TestAnAPIAuditHasItsAttributes(t *testing.T) {
	t.Parallel()
	a := newAPI(t, `{"unique_id":"a","create_time":"2026-11-01T00:00:00Z","event":{"org_id":"o","action":"create","api_name":"roles",
	  "target_id":"t","target_resource_type":"role","audit_attributes":[{"attribute_id":"1","attribute_type":"user","more":2}]}}`)
	var data struct {
		Audits struct{ Nodes []json.RawMessage }
	}
	a.ask(t, `{ audits(filter: {attribute: {type: "user", id: "1"}}) { nodes { action apiName targetId targetResourceType targetResourceName
	  auditAttributes { attributeId attributeType attributeOrgId attributeName raw } } } }`, nil, &data)
	want := `{"action":"create","apiName":"roles","targetId":"t","targetResourceType":"role","targetResourceName":null,` +
		`"auditAttributes":[{"attributeId":"1","attributeType":"user","attributeOrgId":null,"attributeName":null,` +
		`"raw":{"attribute_id":"1","attribute_type":"user","more":2}}]}`
	if len(data.Audits.Nodes) != 1 || string(data.Audits.Nodes[0]) != want {
		t.Errorf("got %s, want %s", data.Audits.Nodes, want)
	}
}

func TestHighlightsShowWhatWasFound(t *testing.T) {
	t.Parallel()
	a := newAPI(t, wholeEvent)
	type highlights []struct {
		Path  string
		Parts []struct {
			Text    string
			Matched bool
		}
	}
	var data struct {
		AuthAudits struct {
			Nodes []struct{ Own, Other, None highlights }
		}
	}
	a.ask(t, `{ authAudits(search: "scada -firefox") { nodes {
	  own: highlights { ...h } other: highlights(search: "water tok*") { ...h } none: highlights(search: "nothing") { ...h } } } }
	  fragment h on Highlight { path parts { text matched } }`, nil, &data)
	shown := func(found highlights) string {
		var lines []string
		for _, highlight := range found {
			line := highlight.Path + ": "
			for _, part := range highlight.Parts {
				if part.Matched {
					part.Text = "[" + part.Text + "]"
				}
				line += part.Text
			}
			lines = append(lines, line)
		}
		return strings.Join(lines, "; ")
	}
	record := data.AuthAudits.Nodes[0]
	if got := shown(record.Own); got != "application_name: Water [SCADA]" {
		t.Errorf("the connection's own search shows %q", got)
	}
	if got := shown(record.Other); got != "event_name: [Token]; application_name: [Water] SCADA" {
		t.Errorf("another search shows %q", got)
	}
	if len(record.None) != 0 {
		t.Errorf("a search that finds nothing shows %q", shown(record.None))
	}
}

func TestGlobalIDsLeadBack(t *testing.T) {
	t.Parallel()
	a := sampleAPI(t)
	var first struct {
		AuthAudits struct {
			Nodes []struct {
				ID, UniqueID string
				SessionView  *struct{ ID, SessionID string }
				Trace        *struct{ ID, TraceID string }
				LoginFlow    *struct{ ID, RequestID string }
			}
		}
		Audits struct {
			Nodes []struct{ ID, UniqueID string }
		}
	}
	a.ask(t, `{ authAudits(filter: {session: {exists: true}, requestId: {exists: true}}, first: 1) { nodes { id uniqueId
	  sessionView { id sessionId } trace { id traceId } loginFlow { id requestId } } } audits(first: 1) { nodes { id uniqueId } } }`, nil, &first)
	record, action := first.AuthAudits.Nodes[0], first.Audits.Nodes[0]
	a.taken()
	var found struct {
		Nodes []*struct {
			Typename                                string `json:"__typename"`
			ID                                      string
			UniqueID, SessionID, TraceID, RequestID string
		}
		Node *struct{ ID string }
	}
	ids := []string{record.ID, action.ID, record.SessionView.ID, record.Trace.ID, record.LoginFlow.ID, record.ID}
	a.ask(t, `query($ids: [ID!]!, $id: ID!) { nodes(ids: $ids) { __typename id ... on AuthAudit { uniqueId } ... on Audit { uniqueId }
	  ... on Session { sessionId startedAt } ... on Trace { traceId } ... on LoginFlow { requestId } } node(id: $id) { id } }`,
		variables{"ids": ids, "id": record.ID}, &found)
	for i, want := range []struct{ typename, raw string }{{"AuthAudit", record.UniqueID}, {"Audit", action.UniqueID},
		{"Session", record.SessionView.SessionID}, {"Trace", record.Trace.TraceID}, {"LoginFlow", record.LoginFlow.RequestID},
		{"AuthAudit", record.UniqueID}} {
		got := found.Nodes[i]
		if got == nil || got.Typename != want.typename || got.ID != ids[i] ||
			got.UniqueID+got.SessionID+got.TraceID+got.RequestID != want.raw {
			t.Errorf("node %d is %+v, want %+v", i, got, want)
		}
	}
	if found.Node == nil || found.Node.ID != record.ID {
		t.Errorf("node is %+v", found.Node)
	}
	stranger := audit.MemberOf("eve", "org-elsewhere", audit.RoleOwner)
	a.askAs(t, stranger, `query($ids: [ID!]!) { nodes(ids: $ids) { id } }`, variables{"ids": ids}, &found)
	for i, got := range found.Nodes {
		if got != nil {
			t.Errorf("a stranger gets node %d: %+v", i, got)
		}
	}
}
