package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

// What org-two sends holds the word hidden throughout. Ids that both orgs use are
// the same on purpose.
func eventsOf(org, word string) string {
	var events []string
	for i := range 3 {
		shared := fmt.Sprintf(`"org_id":%q,"session":"s-%d","trace_id":"t-%d","request_id":"r-%d","token_id":"k-%d"`, org, i%2, i, i%2, i)
		for kind, members := range map[string]string{
			"auth":   `"event_name":"Policy Evaluation","result":"Denied","application_name":"WORD app","upstream_idp":"WORD idp","note":{"deep":["WORD"]}`,
			"api":    `"action":"list","api_name":"WORD","target_id":"WORD","audit_attributes":[{"attribute_type":"WORD","attribute_id":"WORD"}]`,
			"access": `"hostname":"WORD.example","path":"/WORD","jti":"k-1"`,
		} {
			events = append(events, strings.ReplaceAll(fmt.Sprintf(`{"unique_id":"%s-%d-WORD","create_time":"2026-11-01T00:00:0%dZ",`+
				`"event":{"subsystem":%q,%s,%s,"user_id":"WORD-%d","source_ip":"10.0.0.%d"}}`, kind, i, i, kind, shared, members, i, i), "WORD", word))
		}
	}
	return `{"events":[` + strings.Join(events, ",") + `]}`
}

// tenants are two servers: one that holds the records of both orgs, and one that
// holds those of the first alone.
type tenants struct {
	both, alone *guarded
	start       string // the position before all records
}

func newTenants(t *testing.T) tenants {
	t.Helper()
	s := tenants{both: guardedServer(t), alone: guardedServer(t)}
	var data struct {
		Data struct{ AuthAudits struct{ Position string } }
	}
	_, body := s.both.graphQL(s.both.token("org-one", "viewer"), `{ authAudits { position } }`)
	if err := json.Unmarshal([]byte(body), &data); err != nil {
		t.Fatal(err)
	}
	s.start = data.Data.AuthAudits.Position
	s.both.ingest("org-two", eventsOf("org-two", "hidden"))
	s.both.ingest("org-one", eventsOf("org-one", "visible"))
	s.alone.ingest("org-one", eventsOf("org-one", "visible"))
	return s
}

func (g *guarded) ingest(org, events string) {
	g.Helper()
	answer, body := g.do(g.token(org, "editor"), http.MethodPost, "/v1/bulk_audit_events", events)
	if answer.StatusCode != http.StatusCreated || !strings.Contains(body, `"discard_events":[]`) {
		g.Fatalf("%d %s", answer.StatusCode, body)
	}
}

// foreign is what org-two knows and org-one may have learned of: a cursor of each
// list, and a node of each kind.
func (s tenants) foreign(t *testing.T) (cursors map[string]string, nodes []string) {
	t.Helper()
	var data struct {
		Data map[string]struct {
			Edges []struct {
				Cursor string
				Node   struct{ ID string }
			}
		}
	}
	var strands struct {
		Data map[string]struct{ ID string }
	}
	two := s.both.token("org-two", "viewer")
	for query, into := range map[string]any{
		`{ authAudits { edges { cursor node { id } } } audits { edges { cursor node { id } } }
		   events { edges { cursor node { id } } } loginFlows { edges { cursor node { id } } } }`: &data,
		`{ session(id: "s-0") { id } trace(id: "t-0") { id } }`: &strands,
	} {
		_, body := s.both.graphQL(two, query)
		if err := json.Unmarshal([]byte(body), into); err != nil {
			t.Fatal(err)
		}
	}
	cursors = map[string]string{}
	for list, page := range data.Data {
		cursors[list] = page.Edges[1].Cursor
		nodes = append(nodes, page.Edges[0].Node.ID)
	}
	for _, strand := range strands.Data {
		nodes = append(nodes, strand.ID)
	}
	return cursors, nodes
}

// ways are all ways to ask for each field of Query.
func (s tenants) ways(t *testing.T) map[string][]string {
	t.Helper()
	cursors, nodes := s.foreign(t)
	destinationCursor, destination := s.foreignDestination(t)
	nodes = append(nodes, destination)
	ways := map[string][]string{"viewer": {""}}
	for list, cursor := range cursors {
		ways[list] = []string{"(first: 3)", "(first: 1)", "(last: 1)", `(first: 3, search: "hidden")`, `(first: 3, search: "org:org-two")`,
			fmt.Sprintf("(first: 3, after: %q)", cursor), fmt.Sprintf("(last: 3, before: %q)", cursor),
			`(first: 3, filter: {orgId: {eq: "org-two"}})`, `(first: 3, filter: {not: {orgId: {eq: "org-one"}}})`,
			`(first: 3, filter: {or: [{orgId: {eq: "org-two"}}, {orgId: {exists: true}}]})`, "(first: 3, orderBy: {direction: ASC})"}
	}
	for field, id := range map[string]string{"loginFlow": `requestId: "r-0"`, "session": `id: "s-0"`, "trace": `id: "t-0"`} {
		ways[field] = []string{"(" + id + ")", "(" + id + `, orgId: "org-one")`, "(" + id + `, orgId: "org-two")`}
	}
	for _, node := range nodes {
		ways["node"] = append(ways["node"], fmt.Sprintf("(id: %q)", node))
	}
	ways["auditDestinations"] = []string{"(first: 3)", `(filter: {orgId: "org-two"})`, `(filter: {name: "hidden"})`, `(filter: {search: ["hidden"]})`,
		fmt.Sprintf("(last: 3, before: %q)", destinationCursor), fmt.Sprintf("(first: 3, after: %q)", destinationCursor)}
	ways["nodes"] = []string{`(ids: ["` + strings.Join(nodes, `", "`) + `"])`}
	maps.Copy(ways, insightWays(nodes))
	return ways
}

// insightWays are the ways to ask for what many records and flows tell together.
// Times are given, since each server has its own now.
func insightWays(nodes []string) map[string][]string {
	const autumn = `time: {gte: "2026-10-15", lt: "2026-11-15"}`
	flows := []string{"(first: 5)", `(first: 5, search: "hidden")`, `(filter: {orgId: {eq: "org-two"}})`, `(filter: {applicationName: {eq: "hidden app"}})`}
	ways := map[string][]string{
		"loginFlowShapes": flows,
		"loginFunnel": {"(by: ORG)", "(by: APPLICATION, groups: 1)", "(by: UPSTREAM_IDP)", `(search: "hidden")`, `(search: "org:org-two")`,
			`(filter: {orgId: {eq: "org-two"}}, by: APPLICATION)`},
		"correlationQuality": {"(" + autumn + ")", "(" + autumn + `, search: "hidden")`, "(" + autumn + `, filter: {orgId: {eq: "org-two"}})`},
		"detections": {"(filter: {" + autumn + "})", "(first: 1, filter: {" + autumn + `, orgId: "org-two"})`,
			"(filter: {" + autumn + `, orgId: "org-one", rules: [SPRAYING]})`},
		"detectionRules":    {""},
		"compareLoginFlows": {`(a: "r-0", orgId: "org-one")`, `(a: "r-0", b: "r-1", orgId: "org-two")`, `(a: "r-0", b: "r-1")`},
	}
	for _, node := range nodes {
		ways["compareLoginFlows"] = append(ways["compareLoginFlows"], fmt.Sprintf(`(a: %q, b: "r-1")`, node), fmt.Sprintf("(a: %q)", node))
	}
	for member, value := range map[string]string{"session": "s-0", "traceId": "t-0", "requestId": "r-0", "tokenId": "k-0", "recordId": "auth-0-hidden",
		"sourceIp": "10.0.0.1", "userId": "hidden-0"} {
		by := fmt.Sprintf("by: {%s: %q}", member, value)
		ways["correlate"] = append(ways["correlate"], "("+by+", maxHops: 3)", "("+by+`, orgId: "org-one")`, "("+by+`, orgId: "org-two")`)
	}
	return ways
}

// revised is when a revision of a login flow was made: the one time that is not
// that of a record.
var revised = regexp.MustCompile(`"at":"[^"]*"`)

func timeless(answer string) string { return revised.ReplaceAllString(answer, `"at":""`) }

func TestNoByteOfAnotherOrgComesThroughGraphQL(t *testing.T) {
	t.Parallel()
	s := newTenants(t)
	// Owners see when who has read too, which differs from server to server: see TestOwnersSeeReadingsOfTheirOrgOnly.
	one, two, oneAlone := s.both.token("org-one", "editor"), s.both.token("org-two", "editor"), s.alone.token("org-one", "editor")
	hidden, visible := 0, 0
	ways := s.ways(t)
	queries := newWalk(t).queries(ways)
	for _, nested := range s.nested(t) {
		queries = append(queries, newWalk(t).deeper(ways, nested)...)
	}
	for _, query := range queries {
		_, answer := s.both.graphQL(one, query)
		if strings.Contains(answer, "hidden") || strings.Contains(answer, "org-two") {
			t.Errorf("%.120s says\n%.2000s", query, answer)
		}
		if strings.Contains(answer, audit.ReadSubsystem) {
			t.Errorf("%.120s tells who has read: %.2000s", query, answer)
		}
		if strings.Contains(answer, `"errors"`) {
			t.Errorf("%.120s is no real answer: %.1000s", query, answer)
		}
		_, want := s.alone.graphQL(oneAlone, query)
		if answer, want := timeless(answer), timeless(want); answer != want {
			t.Errorf("%.120s: the other org can be told by\n%.3000s\nwithout it the answer is\n%.3000s", query, answer, want)
		}
		if _, other := s.both.graphQL(two, query); strings.Contains(other, "hidden") {
			hidden++
		}
		if strings.Contains(answer, "visible") {
			visible++
		}
	}
	if hidden < 40 || visible < 30 {
		t.Errorf("%d queries would have found the hidden, and %d found the visible: too few to say much", hidden, visible)
	}
}

func TestOwnersSeeReadingsOfTheirOrgOnly(t *testing.T) {
	t.Parallel()
	s := newTenants(t)
	one, two := s.both.token("org-one", "owner"), s.both.token("org-two", "owner")
	s.both.graphQL(two, `{ authAudits(search: "hidden") { totalCount } }`)
	eventually(t, "the other org's owner sees what was read of it", func() bool {
		_, body := s.both.graphQL(two, `{ events(search: "subsystem:authtrail_reads hidden") { totalCount } }`)
		return strings.Contains(body, `"totalCount":1`)
	})
	cursors, nodes := s.foreign(t)
	ways := map[string][]string{"events": {"(first: 20)", `(first: 20, search: "subsystem:authtrail_reads")`, fmt.Sprintf("(last: 20, before: %q)", cursors["events"])},
		"node": {fmt.Sprintf("(id: %q)", nodes[0])}}
	for _, field := range []string{"events", "node"} {
		for _, arguments := range ways[field] {
			for _, selection := range newWalk(t).selections(map[string]string{"events": "EventConnection", "node": "Node"}[field]) {
				_, answer := s.both.graphQL(one, "{ "+field+arguments+selection+" }")
				if strings.Contains(answer, "hidden") || strings.Contains(answer, `"org-two"`) || strings.Contains(answer, `"errors"`) {
					t.Errorf("%s%s says %.2000s", field, arguments, answer)
				}
			}
		}
	}
}

func TestNoByteOfAnotherOrgComesThroughREST(t *testing.T) {
	t.Parallel()
	s := newTenants(t)
	one, two, oneAlone := s.both.token("org-one", "owner"), s.both.token("org-two", "owner"), s.alone.token("org-one", "owner")
	for _, list := range []string{"/v1/auth_audits", "/v1/audits"} {
		var page struct {
			Next string `json:"page_at_id"`
		}
		_, body := s.both.do(two, http.MethodGet, list+"?limit=2", "")
		if err := json.Unmarshal([]byte(body), &page); err != nil || page.Next == "" || !strings.Contains(body, "hidden") {
			t.Fatalf("%v: %s", err, body)
		}
		for _, params := range []string{"", "?limit=1", "?dt_to=" + url.QueryEscape(page.Next), "?user_id=hidden-0", "?token_id=k-0", "?org_id=org-one",
			"?attribute_type=hidden", "?session_id=s-0", "?request_id=r-0", "?upstream_idp=hidden+idp"} {
			answer, body := s.both.do(one, http.MethodGet, list+params, "")
			if _, want := s.alone.do(oneAlone, http.MethodGet, list+params, ""); body != want || answer.StatusCode != 200 || strings.Contains(body, "hidden") {
				t.Errorf("%s%s: %d %s, alone %s", list, params, answer.StatusCode, body, want)
			}
		}
		for _, org := range []string{"org-two", "org-three"} {
			answer, body := s.both.do(one, http.MethodGet, list+"?org_id="+org, "")
			if answer.StatusCode != 403 || body != `{"error_code":"FORBIDDEN","error_message":"org_id: this organisation is not yours"}`+"\n" {
				t.Errorf("%s of %s: %d %s", list, org, answer.StatusCode, body)
			}
		}
	}
}

func TestNobodyWritesIntoAnotherOrg(t *testing.T) {
	t.Parallel()
	s := newTenants(t)
	one := s.both.token("org-one", "owner")
	count := func() string {
		_, body := s.both.graphQL(s.both.token("org-two", "viewer"), `{ authAudits { totalCount } audits { totalCount } events { totalCount } }`)
		return body
	}
	before := count()
	bad := strings.Replace(eventsOf("org-two", "forged"), `{"events"`, `{"always_respond_with_events":true,"events"`, 1)
	answer, body := s.both.do(one, http.MethodPost, "/v1/bulk_audit_events", bad)
	if answer.StatusCode != 201 || strings.Count(body, `"status":"invalid"`) != 9 || !strings.Contains(body, "which is not yours") {
		t.Errorf("REST: %d %s", answer.StatusCode, body)
	}
	_, body = s.both.graphQL(one, `mutation { bulkAuditEvents(input: {events: [{uniqueId: "x", createTime: "2026-11-01T00:00:00Z",
	  event: {org_id: "org-two", event_name: "Token"}}]}) { successCount userErrors { message } results { status } } }`)
	if !strings.Contains(body, `"successCount":0`) || !strings.Contains(body, `"INVALID"`) {
		t.Errorf("GraphQL: %s", body)
	}
	if after := count(); after != before {
		t.Errorf("org-two had %s and has %s", before, after)
	}
	// That org-two holds an event of this id must not show.
	own := `{"events":[{"unique_id":"auth-0-hidden","create_time":"2026-11-01T00:00:00Z","event":{"event_name":"Token"}}]}`
	if _, body := s.both.do(one, http.MethodPost, "/v1/bulk_audit_events", own); strings.Contains(body, "duplicate") {
		t.Errorf("an id of another org is a duplicate: %s", body)
	}
}
