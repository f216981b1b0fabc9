package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
)

// nested are what somebody of org-one may give to the fields below the root who
// knows cursors and words of org-two: from the beginning of each list, and from its end.
func (s tenants) nested(t *testing.T) []map[string]map[string]string {
	t.Helper()
	const page = `(first: 1) { edges { cursor } }`
	_, body := s.both.graphQL(s.both.token("org-two", "viewer"), `{
		session(id: "s-0") { attempts`+page+` records`+page+` audits`+page+` events`+page+` }
		loginFlow(requestId: "r-0") { traces`+page+` } }`)
	var data struct {
		Data map[string]map[string]struct{ Edges []struct{ Cursor string } }
	}
	if err := json.Unmarshal([]byte(body), &data); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	session, flow := data.Data["session"], data.Data["loginFlow"]
	start, end := map[string]map[string]string{}, map[string]map[string]string{}
	for list, page := range map[string]struct{ Edges []struct{ Cursor string } }{"LoginFlowConnection": session["attempts"],
		"AuthAuditConnection": session["records"], "AuditConnection": session["audits"], "EventConnection": session["events"], "TraceConnection": flow["traces"]} {
		if len(page.Edges) != 1 {
			t.Fatalf("no cursor of a %s: %s", list, body)
		}
		cursor := fmt.Sprintf("%q", page.Edges[0].Cursor)
		start[list] = map[string]string{"first": "2", "after": cursor, "last": "", "before": ""}
		end[list] = map[string]string{"last": "2", "before": cursor, "first": "", "after": ""}
	}
	for _, all := range []map[string]map[string]string{start, end} {
		for _, facet := range []string{"AuthAuditFacet", "AuditFacet", "EventFacet", "LoginFlowFacet"} {
			all[facet] = map[string]string{"size": "1"}
		}
		all["HistogramBucket"] = map[string]string{"interval": "HOUR", "by": "ORG_ID"}
		all["Highlight"] = map[string]string{"search": `"hidden OR visible"`}
		all["AuditDestinationDeadLetter"] = map[string]string{"before": `"1"`}
	}
	return []map[string]map[string]string{start, end}
}

// asksOfREST are all operations, asked by org-one about what is org-two's.
func asksOfREST(destination string) map[string]asking {
	forged := strings.ReplaceAll(webhookWithPassword("forged"), `"one"`, `"org-two"`)
	return map[string]asking{
		"get /v1/auth_audits":                                {path: "/v1/auth_audits?trace_id=t-0", status: 200},
		"get /v1/audits":                                     {path: "/v1/audits?token_id=k-0", status: 200},
		"post /v1/bulk_audit_events":                         {path: "/v1/bulk_audit_events", body: eventsOf("org-two", "forged"), status: 201},
		"get /v1/audit_destinations":                         {path: destinations, status: 200},
		"post /v1/audit_destinations":                        {path: destinations, body: forged, status: 403},
		"get /v1/audit_destinations/{destination_id}":        {path: destination, status: 404},
		"put /v1/audit_destinations/{destination_id}":        {path: destination, body: strings.ReplaceAll(forged, "org-two", "org-one"), status: 404},
		"delete /v1/audit_destinations/{destination_id}":     {path: destination, status: 404},
		"get /v1/audit_destinations/{destination_id}/health": {path: destination + "/health", status: 404},
		"get /v1/openapi.json":                               {path: "/v1/openapi.json", status: 200},
	}
}

type asking struct {
	path, body string
	status     int
}

// An operation that is new fails the test until somebody says here how to ask it.
func TestNoOperationOfRESTTellsOfAnotherOrg(t *testing.T) {
	t.Parallel()
	s := newTenants(t)
	hidden := strings.ReplaceAll(webhookWithPassword("hidden"), `"one"`, `"org-two"`)
	made, body := s.both.do(s.both.token("org-two", "owner"), http.MethodPost, destinations, hidden)
	asks := asksOfREST(destinations + "/" + destinationID(t, reply{status: made.StatusCode, body: body}, http.StatusCreated))
	one, oneAlone := s.both.token("org-one", "owner"), s.alone.token("org-one", "owner")
	for _, operation := range operationsOfREST(t) {
		asked, known := asks[operation]
		if !known {
			t.Errorf("%s is not asked for", operation)
			continue
		}
		method := strings.ToUpper(strings.Fields(operation)[0])
		answer, body := s.both.do(one, method, asked.path, asked.body)
		if answer.StatusCode != asked.status || strings.Contains(body, "hidden") {
			t.Errorf("%s: %d %s", operation, answer.StatusCode, body)
		}
		if want, alone := s.alone.do(oneAlone, method, asked.path, asked.body); want.StatusCode != answer.StatusCode || alone != body {
			t.Errorf("%s: the other org can be told by\n%s\nwithout it the answer is\n%s", operation, body, alone)
		}
	}
}

// operationsOfREST are all that the API's own description lists.
func operationsOfREST(t *testing.T) (all []string) {
	t.Helper()
	text, err := os.ReadFile("rest/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var described struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(text, &described); err != nil {
		t.Fatal(err)
	}
	for path, item := range described.Paths {
		for method := range item {
			if method != "parameters" {
				all = append(all, method+" "+path)
			}
		}
	}
	return all
}
