package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// foreignDestination is a destination of org-two: its cursor, and its global id.
func (s tenants) foreignDestination(t *testing.T) (cursor, id string) {
	t.Helper()
	two := s.both.token("org-two", "owner")
	hidden := strings.ReplaceAll(webhookWithPassword("hidden"), `"one"`, `"org-two"`)
	if answer, body := s.both.do(two, http.MethodPost, destinations, strings.Replace(hidden, "example.com", "hidden.example", 1)); answer.StatusCode != http.StatusCreated {
		t.Fatalf("%d %s", answer.StatusCode, body)
	}
	var data struct {
		Data struct {
			AuditDestinations struct {
				Edges []struct {
					Cursor string
					Node   struct{ ID string }
				}
			}
		}
	}
	_, body := s.both.graphQL(two, `{ auditDestinations { edges { cursor node { id } } } }`)
	if err := json.Unmarshal([]byte(body), &data); err != nil || len(data.Data.AuditDestinations.Edges) != 1 {
		t.Fatalf("%v: %s", err, body)
	}
	edge := data.Data.AuditDestinations.Edges[0]
	return edge.Cursor, edge.Node.ID
}

const specOfGraphQL = `{name: "hidden", destinationType: WEBHOOK, location: "https://one.example/"%s}`

func TestNobodyManagesDestinationsOfAnotherOrg(t *testing.T) {
	t.Parallel()
	s := newTenants(t)
	_, id := s.foreignDestination(t)
	one, two := s.both.token("org-one", "owner"), s.both.token("org-two", "owner")
	whole := func() string {
		_, answer := s.both.graphQL(two, `{ auditDestinations { totalCount nodes `+newWalk(t).below("AuditDestination")+` } }`)
		kept, _, _ := strings.Cut(answer, `"health"`) // which goes on by itself
		return kept
	}
	before := whole()
	input := fmt.Sprintf("(input: {id: %q", id)
	asked := ""
	for field, rest := range map[string]string{
		"replaceAuditDestination": `, spec: ` + fmt.Sprintf(specOfGraphQL, "") + `}) { auditDestination { name } userErrors { code field message } }`,
		"deleteAuditDestination":  `}) { deletedId userErrors { code field message } }`,
		"testAuditDestination":    `}) { result { accepted message } userErrors { code field message } }`,
		"replayAuditDestination":  `, from: "now-1day"}) { replay { from } userErrors { code field message } }`,
		"resumeAuditDestination":  `}) { auditDestination { name } userErrors { code field message } }`,
	} {
		asked += field + "("
		_, answer := s.both.graphQL(one, "mutation { "+field+input+rest+" }")
		if !strings.Contains(answer, `"code":"NOT_FOUND","field":"id"`) || strings.Contains(answer, "org-two") || strings.Contains(answer, "hidden") {
			t.Errorf("%s: %s", field, answer)
		}
	}
	for _, ask := range []string{
		`{ auditDestinationDryRun` + input + `}) { events } }`,
		`{ auditDestinationDryRun(input: {spec: ` + fmt.Sprintf(specOfGraphQL, `, orgId: "org-two"`) + `}) { events } }`,
		`mutation { createAuditDestination(input: {spec: ` + fmt.Sprintf(specOfGraphQL, `, orgId: "org-two"`) + `}) { auditDestination { name } } }`,
	} {
		asked += ask
		_, answer := s.both.graphQL(one, ask)
		if !strings.Contains(answer, `"errors"`) || strings.Contains(answer, "hidden.example") || strings.Contains(answer, `"events":`) {
			t.Errorf("%s: %s", ask, answer)
		}
	}
	for _, field := range newWalk(t).schema.Mutation.Fields {
		if !strings.Contains(asked+"bulkAuditEvents(", field.Name+"(") { // which TestNobodyWritesIntoAnotherOrg asks for
			t.Errorf("Mutation.%s is not asked for", field.Name)
		}
	}
	if after := whole(); after != before {
		t.Errorf("org-two had %s and has %s", before, after)
	}
	// That org-two has one of this name must not show.
	if _, answer := s.both.graphQL(one, `mutation { createAuditDestination(input: {spec: `+fmt.Sprintf(specOfGraphQL, "")+`}) {
		auditDestination { orgId location } userErrors { message } } }`); !strings.Contains(answer, `"orgId":"org-one","location":"https://one.example/"`) {
		t.Errorf("a name of another org is taken: %s", answer)
	}
}
