package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// destinationAnswer is what mutations of destinations answer.
type destinationAnswer struct {
	Data map[string]struct {
		AuditDestination *struct{ ID, Name, Updated, DestinationID string }
		UserErrors       []struct{ Field, Message, Code string }
		DeletedID        string
	}
	Errors []struct {
		Message    string
		Extensions struct{ Code, Field string }
	}
}

const destinationFields = "{ auditDestination { id name updated destinationId } userErrors { field message code } }"

func (g *guarded) manage(token, field, input string) (answer destinationAnswer) {
	g.Helper()
	selection := destinationFields
	if field == "deleteAuditDestination" {
		selection = "{ deletedId userErrors { field message code } }"
	}
	_, body := g.graphQL(token, fmt.Sprintf("mutation { %s(input: {%s}) %s }", field, input, selection))
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		g.Fatalf("%s: %v: %s", field, err, body)
	}
	return answer
}

func spec(name, members string) string {
	return fmt.Sprintf(`spec: {name: %q, destinationType: WEBHOOK, location: "https://example.com/in" %s}`, name, members)
}

func TestDestinationsAreManagedOverGraphQL(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	owner := g.token("one", "owner")
	created := g.manage(owner, "createAuditDestination", spec("a", "")).Data["createAuditDestination"].AuditDestination
	if created == nil || created.Name != "a" {
		t.Fatalf("created %+v", created)
	}
	taken := g.manage(owner, "createAuditDestination", spec("a", "")).Data["createAuditDestination"]
	if taken.AuditDestination == nil || taken.AuditDestination.ID != created.ID || len(taken.UserErrors) != 1 ||
		taken.UserErrors[0].Code != "CONFLICT" || taken.UserErrors[0].Field != "spec.name" {
		t.Errorf("of a name that is taken: %+v", taken)
	}
	if _, body := g.graphQL(owner, fmt.Sprintf("mutation { testAuditDestination(input: {id: %q}) { userErrors { message } } }", created.DestinationID)); !strings.Contains(body, "not the `destinationId`") {
		t.Errorf("of the other id: %s", body)
	}
	first := fmt.Sprintf("id: %q, updated: %q, ", created.ID, created.Updated)
	replaced := g.manage(owner, "replaceAuditDestination", first+spec("b", "")).Data["replaceAuditDestination"].AuditDestination
	if replaced == nil || replaced.Name != "b" || replaced.ID != created.ID {
		t.Errorf("replaced %+v", replaced)
	}
	stale := g.manage(owner, "replaceAuditDestination", first+spec("c", "")).Data["replaceAuditDestination"]
	if stale.AuditDestination != nil || len(stale.UserErrors) != 1 || stale.UserErrors[0].Code != "CONFLICT" || stale.UserErrors[0].Field != "updated" {
		t.Errorf("of a stale version: %+v", stale)
	}
	remove := fmt.Sprintf("id: %q", created.ID)
	if gone := g.manage(owner, "deleteAuditDestination", remove).Data["deleteAuditDestination"]; gone.DeletedID != created.ID {
		t.Errorf("deleted %+v", gone)
	}
	again := g.manage(owner, "deleteAuditDestination", remove).Data["deleteAuditDestination"]
	if len(again.UserErrors) != 1 || again.UserErrors[0].Code != "NOT_FOUND" || again.DeletedID != "" {
		t.Errorf("deleted twice: %+v", again)
	}
	if _, body := g.graphQL(owner, "{ node("+remove+") { id } auditDestinations { totalCount } }"); body != `{"data":{"node":null,"auditDestinations":{"totalCount":0}}}` &&
		!strings.Contains(body, `"totalCount":0`) {
		t.Errorf("it is there still: %s", body)
	}
}

func TestMistakesInDestinationsAreNamedAsGraphQLSpellsThem(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	owner := g.token("one", "owner")
	for members, field := range map[string]string{
		`, maxEventsPerTransaction: 0`: "spec.maxEventsPerTransaction",
		`, deliverySettings: {redactions: [{field: "a", action: HASH}, {field: "", action: HASH}]}`:               "spec.deliverySettings.redactions.1.field",
		`, deliverySettings: {format: UNIFIED}, webhookSettings: {format: AGILICUS}`:                              "spec.deliverySettings.format",
		`, authentication: {authenticationType: HTTP_BASIC}`:                                                      "spec.authentication.httpBasic",
		`, authentication: {authenticationType: OAUTH2, oauth2: {tokenUrl: "x", clientId: "y"}}`:                  "spec.authentication.oauth2.tokenUrl",
		`, authentication: {authenticationType: HTTP_BASIC, httpBasic: {username: "a:b", password: "swordfish"}}`: "spec.authentication.httpBasic.username",
		`, extra: {location: "x"}`: "spec.extra",
		`, extra: 1`:               "spec.extra",
	} {
		got := g.manage(owner, "createAuditDestination", spec("a", members)).Data["createAuditDestination"]
		if got.AuditDestination != nil || len(got.UserErrors) != 1 || got.UserErrors[0].Field != field || got.UserErrors[0].Code != "BAD_USER_INPUT" ||
			strings.Contains(got.UserErrors[0].Message, "swordfish") {
			t.Errorf("%s: %+v, want %s", members, got, field)
		}
	}
	bad := strings.Replace(spec("a", ""), "https://example.com/in", "ftp://x", 1)
	if got := g.manage(owner, "createAuditDestination", bad).Data["createAuditDestination"]; len(got.UserErrors) != 1 || got.UserErrors[0].Field != "spec.location" {
		t.Errorf("a location: %+v", got)
	}
	if got := g.manage(owner, "deleteAuditDestination", `id: "x"`).Data["deleteAuditDestination"]; len(got.UserErrors) != 1 || got.UserErrors[0].Field != "id" {
		t.Errorf("an id: %+v", got)
	}
	for _, role := range []string{"viewer", "editor"} {
		got := g.manage(g.token("one", role), "createAuditDestination", spec("a", ""))
		if len(got.Errors) != 1 || got.Errors[0].Extensions.Code != "FORBIDDEN" {
			t.Errorf("%s: %+v", role, got)
		}
	}
	if got := g.manage(owner, "createAuditDestination", spec("a", `, orgId: "two"`)); len(got.Errors) != 1 ||
		got.Errors[0].Extensions.Code != "FORBIDDEN" || got.Errors[0].Extensions.Field != "input.spec.orgId" {
		t.Errorf("another's org: %+v", got)
	}
}

func TestOwnersAloneSeeSecretsOverGraphQL(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	owner := g.token("one", "owner")
	id := g.manage(owner, "createAuditDestination", spec("a", `, comment: "for x", filters: [{filterType: "result", orList: ["Denied"]}],
		maxEventsPerTransaction: 7, routing: {external: false}, webhookSettings: {format: UNIFIED}, extra: {team: {a: [1]}},
		deliverySettings: {format: ECS, content: LOGIN_FLOWS, redactions: [{field: "user_agent", action: HASH}], pauseAfterSeconds: 60},
		authentication: {authenticationType: OAUTH2, oauth2: {tokenUrl: "https://idp.example/", clientId: "c", clientSecret: "swordfish", scopes: ["s"]}}`)).
		Data["createAuditDestination"].AuditDestination.ID
	whole := fmt.Sprintf("{ node(id: %q) { ... on AuditDestination %s } }", id, newWalk(t).below("AuditDestination"))
	_, seen := g.graphQL(owner, whole)
	for _, want := range []string{`"comment":"for x"`, `"filters":[{"__typename":"AuditDestinationEventFilter","filterType":"result","value":null,"orList":["Denied"]}]`,
		`"maxEventsPerTransaction":7`, `"external":false`, `"extra":{"team":{"a":[1]}}`, `"format":"UNIFIED"`, `"format":"ECS","content":"LOGIN_FLOWS"`,
		`"field":"user_agent","action":"HASH"`, `"pauseAfterSeconds":60`, `"clientSecret":"swordfish"`, `"signingSecret":"whsec_`, `"lagEvents":null`} {
		if !strings.Contains(seen, want) {
			t.Errorf("an owner does not see %s:\n%s", want, seen)
		}
	}
	_, seen = g.graphQL(g.token("one", "viewer"), whole)
	if strings.Contains(seen, "swordfish") || strings.Contains(seen, "whsec") || !strings.Contains(seen, `"signingSecret":null`) || !strings.Contains(seen, `"clientSecret":null`) {
		t.Errorf("a viewer sees\n%s", seen)
	}
	if _, seen := g.graphQL(g.token("two", "owner"), whole); !strings.Contains(seen, `"node":null`) {
		t.Errorf("a foreigner sees\n%s", seen)
	}
}

func TestADryRunCountsWhatADestinationWouldHaveBeenSent(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	g.ingest("one", eventsOf("one", "x"))
	owner := g.token("one", "owner")
	run := func(token, input string) string {
		_, body := g.graphQL(token, "{ auditDestinationDryRun(input: {"+input+`, from: "2026-10-31T00:00:00Z", to: "2026-11-02T00:00:00Z"}) { events bytes examined complete } }`)
		return body
	}
	filtered := `, filters: [{filterType: "subsystem", value: "api"}], deliverySettings: {redactions: [{field: "user_id", action: HASH}]}`
	if got := run(owner, spec("a", filtered)); !strings.Contains(got, `"events":3`) || !strings.Contains(got, `"examined":9,"complete":true`) {
		t.Errorf("a draft: %s", got)
	}
	id := g.manage(owner, "createAuditDestination", spec("a", "")).Data["createAuditDestination"].AuditDestination.ID
	if got := run(owner, fmt.Sprintf("id: %q", id)); !strings.Contains(got, `"events":9`) {
		t.Errorf("a stored one: %s", got)
	}
	for input, code := range map[string]string{fmt.Sprintf("id: %q, %s", id, spec("a", "")): "give either id or spec", `id: "x"`: `"field":"input.id"`,
		spec("a", ", maxEventsPerTransaction: 0"): `"field":"input.spec.maxEventsPerTransaction"`} {
		if got := run(owner, input); !strings.Contains(got, code) {
			t.Errorf("%s: %s", input, got)
		}
	}
	if got := run(g.token("one", "viewer"), fmt.Sprintf("id: %q", id)); !strings.Contains(got, "FORBIDDEN") {
		t.Errorf("a viewer: %s", got)
	}
}

func TestDestinationsArePagedByName(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	owner := g.token("one", "owner")
	for _, name := range []string{"d", "a", "c", "b"} {
		g.manage(owner, "createAuditDestination", spec(name, ""))
	}
	var page struct {
		Data struct {
			AuditDestinations struct {
				Nodes    []struct{ Name string }
				PageInfo struct {
					HasNextPage, HasPreviousPage bool
					StartCursor, EndCursor       string
				}
				TotalCount int
			}
		}
	}
	ask := func(arguments string) (names string) {
		page.Data.AuditDestinations.Nodes = nil
		_, body := g.graphQL(owner, "{ auditDestinations("+arguments+") { nodes { name } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }")
		if err := json.Unmarshal([]byte(body), &page); err != nil || page.Data.AuditDestinations.TotalCount == 0 {
			t.Fatalf("%s: %v: %s", arguments, err, body)
		}
		for _, node := range page.Data.AuditDestinations.Nodes {
			names += node.Name
		}
		return names
	}
	info := &page.Data.AuditDestinations.PageInfo
	if got := ask("first: 3"); got != "abc" || !info.HasNextPage || info.HasPreviousPage {
		t.Errorf("first %s %+v", got, info)
	}
	if got := ask(fmt.Sprintf("first: 3, after: %q", info.EndCursor)); got != "d" || info.HasNextPage || !info.HasPreviousPage {
		t.Errorf("then %s %+v", got, info)
	}
	if got := ask(fmt.Sprintf("last: 2, before: %q", info.StartCursor)); got != "bc" || !info.HasNextPage || !info.HasPreviousPage {
		t.Errorf("before %s %+v", got, info)
	}
	if got := ask(`filter: {search: ["EXAMPLE"], name: "b", destinationType: WEBHOOK, external: false, orgId: "one"}`); got != "b" {
		t.Errorf("filtered %s", got)
	}
	for _, arguments := range []string{"first: 501", "last: 501", "first: 1, last: 1", "first: -1"} {
		if _, body := g.graphQL(owner, "{ auditDestinations("+arguments+") { totalCount } }"); !strings.Contains(body, "BAD_USER_INPUT") {
			t.Errorf("%s: %s", arguments, body)
		}
	}
	if _, body := g.graphQL(owner, `{ auditDestinations(after: "x") { totalCount } }`); !strings.Contains(body, "BAD_USER_INPUT") || !strings.Contains(body, `"field":"after"`) {
		t.Errorf("a cursor: %s", body)
	}
}

// The tabs that GraphiQL opens with, one after the other as somebody would run them.
func TestTheTabsOfThePlaygroundAddADestinationAndSayWhetherItWorks(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	run := func(tab, role string) string {
		file := "web/graphiql/src/tabs/" + tab
		_, body := g.do(g.token("one", role), http.MethodPost, "/graphql",
			fmt.Sprintf(`{"query":%s,"variables":%s}`, inJSON(read(t, file+".graphql")), strings.Replace(read(t, file+".json"), "put the id of an organisation here", "one", 1)))
		return body
	}
	if got := run("add-a-destination", "owner"); !strings.Contains(got, `"name":"denied-logins"`) || !strings.Contains(got, `"userErrors":[]`) {
		t.Errorf("added: %s", got)
	}
	if got := run("add-a-destination", "viewer"); !strings.Contains(got, "FORBIDDEN") {
		t.Errorf("added by a viewer: %s", got)
	}
	eventually(t, "the destination is delivered to", func() bool {
		return strings.Contains(run("do-destinations-work", "viewer"), `"state":"DELIVERING"`)
	})
	eventually(t, "an owner sees who has read", func() bool {
		got := run("who-has-read", "owner")
		return strings.Contains(got, `"userId":"somebody"`) && strings.Contains(got, "auditDestinations")
	})
}
