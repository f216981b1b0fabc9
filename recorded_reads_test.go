package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/auth"
	"github.com/authtrail/authtrail/store/elastic/elastictest"
)

// reading is an event that says who has read.
type reading struct {
	OrgID         string `json:"org_id"`
	UserID        string `json:"user_id"`
	RequestID     string `json:"request_id"`
	SourceIP      string `json:"source_ip"`
	UserAgent     string `json:"user_agent"`
	Protocol      string
	Operation     string
	OperationName string `json:"operation_name"`
	Fields        []struct {
		Field     string
		Arguments map[string]any
	}
	Parameters  map[string][]string
	Document    string
	Outcome     string
	AnswerBytes int `json:"answer_bytes"`
}

const whoHasRead = `events(first: 500, search: "subsystem:authtrail_reads", orderBy: {direction: ASC})`

// readings returns what an owner sees of what somebody has read.
func (g *guarded) readings(owner, of string) (found []reading) {
	g.Helper()
	var data struct {
		Data struct {
			Events struct {
				Nodes []struct{ Raw struct{ Event reading } }
			}
		}
	}
	_, body := g.graphQL(owner, `{ `+whoHasRead+` { nodes { raw } } }`)
	if err := json.Unmarshal([]byte(body), &data); err != nil || strings.Contains(body, `"errors"`) {
		g.Fatalf("%v: %s", err, body)
	}
	for _, node := range data.Data.Events.Nodes {
		if node.Raw.Event.UserID == of {
			found = append(found, node.Raw.Event)
		}
	}
	return found
}

// read lets somebody read over each protocol.
func (g *guarded) read(token string) {
	g.Helper()
	g.do(token, http.MethodGet, "/v1/auth_audits?user_id=bob&limit=3", "", "User-Agent", "curl/8")
	g.do(token, http.MethodGet, "/v1/audits?org_id=elsewhere", "")
	g.do(token, http.MethodGet, "/v1/nothing-is-here", "")
	g.do(token, http.MethodPost, "/graphql", `{"query":"query Find($s: String!, $n: Int) { authAudits(search: $s, first: $n) { totalCount } again: audits { totalCount } viewer { role } }",
		"variables":{"s":"user:bob denied","n":7}}`)
	g.graphQL(token, `{ viewer { subject } __schema { queryType { name } } }`) // which reads nothing
	g.graphQL(token, `{ events(search: "user:(") { totalCount } }`)
	ctx, cancel := context.WithCancel(g.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.url+"/graphql?query="+url.QueryEscape(`subscription { authAuditAdded(search: "user:bob") { id } }`), nil)
	if err != nil {
		g.Fatal(err)
	}
	r.Header = http.Header{"Accept": {"text/event-stream"}, "Authorization": {"Bearer " + token}}
	stream, err := http.DefaultClient.Do(r)
	if err != nil {
		g.Fatal(err)
	}
	defer stream.Body.Close()
	socket := openSocket(g.T, g.url)
	write(g.T, socket, `{"type":"connection_init","payload":{"authorization":"Bearer `+token+`"}}`)
	write(g.T, socket, `{"id":"1","type":"subscribe","payload":{"query":"{ trace(id: \"t-1\") { id } }"}}`)
	for last := ""; !strings.Contains(last, `"complete"`); {
		_, message, err := socket.Read(g.Context())
		if err != nil {
			g.Fatal(err)
		}
		last = string(message)
	}
}

// describe says what a reading was, in a line.
func (r reading) describe() string {
	said := strings.TrimSpace(r.Protocol + " " + r.Operation + " " + r.OperationName)
	for _, field := range r.Fields {
		arguments, _ := json.Marshal(field.Arguments)
		said += " " + field.Field + string(arguments)
	}
	if r.Parameters != nil {
		parameters, _ := json.Marshal(r.Parameters)
		said += " " + string(parameters)
	}
	return said + " " + r.Outcome
}

var wantReadings = []string{
	`rest GET /v1/auth_audits {"limit":["3"],"user_id":["bob"]} ok`,
	`rest GET /v1/audits {"org_id":["elsewhere"]} FORBIDDEN`,
	`graphql query Find authAudits{"first":7,"search":"user:bob denied"} auditsnull ok`,
	`graphql query events{"search":"user:("} BAD_USER_INPUT`,
	`sse subscription authAuditAdded{"follow":true,"search":"user:bob"} started`,
	`websocket query trace{"id":"t-1"} ok`,
}

func (g *guarded) expectReadings() {
	g.Helper()
	g.read(g.token("one", "viewer", "--subject", "vera"))
	owner := g.token("one", "owner")
	var got []reading
	eventually(g.T, "all readings are recorded", func() bool {
		got = g.readings(owner, "vera")
		return len(got) >= len(wantReadings)
	})
	var lines []string
	for _, r := range got {
		lines = append(lines, r.describe())
		if r.OrgID != "one" || r.RequestID == "" || r.SourceIP != "127.0.0.1" || r.UserAgent == "" || r.Outcome == "ok" && r.AnswerBytes == 0 {
			g.Errorf("it lacks something: %+v", r)
		}
	}
	if !slices.Equal(lines, wantReadings) {
		g.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(wantReadings, "\n"))
	}
	if got[0].UserAgent != "curl/8" || !strings.Contains(got[2].Document, "again: audits") {
		g.Errorf("got %+v", got)
	}
	if sees := g.readings(g.token("two", "owner"), "vera"); len(sees) > 0 {
		g.Errorf("the owner of another org sees %v", sees)
	}
}

func TestOwnersSeeWhoHasReadWhat(t *testing.T) {
	t.Parallel()
	guardedServer(t).expectReadings()
}

func TestOwnersSeeWhoHasReadWhatInElasticsearch(t *testing.T) {
	t.Parallel()
	address, prefix := elastictest.URL(t), elastictest.Prefix(t)
	g := withSecret(t)
	g.url, g.log, _ = startServer(t, t.TempDir(), "127.0.0.1:0", "--auth", "jwt", "--jwt-hs256-secret-file", g.secret,
		"--store", "elasticsearch", "--elasticsearch-url", address, "--elasticsearch-index-prefix", prefix, "--elasticsearch-replicas", "0")
	g.expectReadings()
}

// withSecret returns a server that is not there yet.
func withSecret(t *testing.T) *guarded {
	t.Helper()
	g := &guarded{T: t, secret: filepath.Join(t.TempDir(), "secret")}
	if err := os.WriteFile(g.secret, []byte("a secret of the tests, of more than 32 bytes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return g
}

func TestReadingsJustBeforeTheEndAreNotLost(t *testing.T) {
	t.Parallel()
	g, data := withSecret(t), t.TempDir()
	start := func() (stop func()) {
		g.url, g.log, stop = startServer(t, data, "127.0.0.1:0", "--auth", "jwt", "--jwt-hs256-secret-file", g.secret)
		return stop
	}
	stop := start()
	for i := range 20 {
		g.do(g.token("one", "viewer", "--subject", "vera"), http.MethodGet, fmt.Sprint("/v1/audits?target_id=", i), "")
	}
	stop()
	start()
	if got := g.readings(g.token("one", "owner"), "vera"); len(got) != 20 {
		t.Errorf("%d of 20 are there", len(got))
	}
}

// tokenOfOrgs returns a token of an owner of several orgs.
func (g *guarded) tokenOfOrgs(subject string, orgs ...string) string {
	g.Helper()
	secret, err := os.ReadFile(g.secret)
	if err != nil {
		g.Fatal(err)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": subject, "org": orgs,
		"exp": time.Now().Add(time.Hour).Unix(), "roles": jwt.MapClaims{auth.API: "owner"}}).SignedString(bytes.TrimSpace(secret))
	if err != nil {
		g.Fatal(err)
	}
	return token
}

func TestTheOrgThatIsReadIsTheOneThatLearnsOfIt(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	both := g.tokenOfOrgs("vera", "one", "two")
	g.do(both, http.MethodGet, "/v1/audits?org_id=one&org_id=two", "") // the last counts
	g.do(both, http.MethodGet, "/v1/audits?org_id=two&org_id=None", "")
	g.do(both, http.MethodGet, "/v1/audits?org_id=two", "")
	if answer, body := g.do(both, http.MethodPost, destinations+"?org_id=one",
		strings.ReplaceAll(webhookWithPassword("leak"), `"one"`, `"two"`)); answer.StatusCode != http.StatusCreated || !strings.Contains(body, `"org_id":"two"`) {
		t.Fatalf("%d %s", answer.StatusCode, body)
	}
	one, two := g.token("one", "owner"), g.token("two", "owner")
	eventually(t, "all is recorded", func() bool { return len(g.readings(two, "vera"))+len(g.readings(one, "vera")) >= 5 })
	if got := g.readings(two, "vera"); len(got) != 4 {
		t.Errorf("two is told of %+v, want of all four", got)
	}
	if got := g.readings(one, "vera"); len(got) != 2 || !slices.Contains(got[0].Parameters["org_id"], "None") {
		t.Errorf("one is told of %+v, want of what was about all orgs", got)
	}
}

func TestReadingsAreNotForOthersThanOwners(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	g.ingest("one", `{"events":[{"unique_id":"e-1","create_time":"2026-11-01T00:00:00Z","event":{"log_type":"access","user_id":"somebody","session":"s-1"}}]}`)
	viewer, owner := g.token("one", "viewer"), g.token("one", "owner")
	g.graphQL(viewer, `{ session(id: "s-1") { id } }`)
	var page struct {
		Data struct {
			Events struct {
				Nodes []struct{ ID, RequestID string }
			}
		}
	}
	eventually(t, "the owner sees it", func() bool {
		_, body := g.graphQL(owner, `{ `+whoHasRead+` { nodes { id requestId } } }`)
		return json.Unmarshal([]byte(body), &page) == nil && len(page.Data.Events.Nodes) > 0
	})
	node := page.Data.Events.Nodes[0]
	if _, body := g.graphQL(owner, fmt.Sprintf(`{ node(id: %q) { ... on Event { subsystem } } }`, node.ID)); body != `{"data":{"node":{"subsystem":"authtrail_reads"}}}` {
		t.Errorf("the owner's node is %s", body)
	}
	for _, role := range []string{"viewer", "editor"} {
		token := g.token("one", role)
		for query, want := range map[string]string{
			`{ events { totalCount nodes { uniqueId } facets(fields: [SUBSYSTEM, USER_ID]) { values { value count } } } }`: `"nodes":[{"uniqueId":"e-1"}]`,
			`{ events(search: "subsystem:authtrail_reads") { totalCount } }`:                                               `{"events":{"totalCount":0}}`,
			`{ events(search: "-nobody") { totalCount } }`:                                                                 `{"events":{"totalCount":1}}`,
			`{ events(filter: {userId: {eq: "somebody"}}) { totalCount } }`:                                                `{"events":{"totalCount":1}}`,
			fmt.Sprintf(`{ node(id: %q) { id } nodes(ids: [%q]) { id } }`, node.ID, node.ID):                               `{"node":null,"nodes":[null]}`,
			`{ session(id: "s-1") { events { totalCount nodes { uniqueId } } } }`:                                          `{"totalCount":1,"nodes":[{"uniqueId":"e-1"}]}`,
			`{ correlate(by: {userId: "somebody"}) { nodes { value } } }`:                                                  `"value":"somebody"`,
			fmt.Sprintf(`{ loginFlow(requestId: %q) { id } }`, node.RequestID):                                             `{"loginFlow":null}`,
		} {
			_, body := g.graphQL(token, query)
			if !strings.Contains(body, want) || strings.Contains(body, `"errors"`) || strings.Contains(body, audit.ReadSubsystem) || strings.Contains(body, "read-") {
				t.Errorf("%s: %s: %s, want %s", role, query, body, want)
			}
		}
	}
}

func TestNobodyForgesAReading(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	owner := g.token("one", "owner")
	for _, subsystem := range []string{"authtrail_reads", "AuthTrail_Reads", " authtrail_reads"} {
		body := fmt.Sprintf(`{"always_respond_with_events":true,"events":[{"unique_id":"forged","create_time":"2026-11-01T00:00:00Z",
			"event":{"subsystem":%q,"user_id":"bob"}}]}`, subsystem)
		if _, answer := g.do(owner, http.MethodPost, "/v1/bulk_audit_events", body); !strings.Contains(answer, `"status":"invalid"`) || !strings.Contains(answer, "subsystem: authtrail_reads is kept for") {
			t.Errorf("REST: %s", answer)
		}
		_, answer := g.graphQL(owner, fmt.Sprintf(`mutation { bulkAuditEvents(input: {events: [{uniqueId: "forged", createTime: "2026-11-01T00:00:00Z",
			event: {subsystem: %q, user_id: "bob"}}]}) { successCount userErrors { field message } } }`, subsystem))
		if !strings.Contains(answer, `"successCount":0`) || !strings.Contains(answer, `"field":"events.0.event.subsystem"`) {
			t.Errorf("GraphQL: %s", answer)
		}
	}
	if got := g.readings(owner, "bob"); len(got) > 0 {
		t.Errorf("the owner sees %v", got)
	}
}

func TestWithoutAuthenticationNobodyCanBeNamed(t *testing.T) {
	t.Parallel()
	url, stop := serverIn(t, t.TempDir())
	defer stop()
	var data struct{ Events struct{ TotalCount int } }
	for range 2 {
		ask(t, url, `{ events { totalCount } }`, &data)
	}
	if data.Events.TotalCount > 0 {
		t.Errorf("there are %d events", data.Events.TotalCount)
	}
}

func TestSecretsOfDestinationsAreNotRecorded(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	owner := g.token("one", "owner", "--subject", "olga")
	spec := `spec: {name: "siem", destinationType: WEBHOOK, location: "https://siem.example/in",
		authentication: {authenticationType: HTTP_BEARER, httpBearer: {token: "a-real-secret"}}}`
	for _, operation := range []string{
		`mutation { createAuditDestination(input: {` + spec + `}) { userErrors { message } } }`,
		`{ auditDestinationDryRun(input: {` + spec + `, from: "2026-11-01T00:00:00Z"}) { events } }`,
		`query Skipped { auditDestinationDryRun(input: {` + spec + `}) @skip(if: true) { events } audits { totalCount } }`,
	} {
		g.graphQL(owner, operation)
	}
	g.do(owner, http.MethodPost, "/v1/audit_destinations", `{"spec":{"name":"x","destination_type":"webhook","location":"https://a-real-secret.example"}}`)
	var got []reading
	eventually(t, "all is recorded", func() bool {
		got = slices.DeleteFunc(g.readings(owner, "olga"), func(r reading) bool { return strings.Contains(r.Document, "events(") })
		return len(got) >= 4
	})
	var lines []string
	for _, r := range got {
		lines = append(lines, strings.Join(strings.Fields(r.describe())[:3], " "))
		if all := fmt.Sprintf("%+v", r); strings.Contains(all, "a-real-secret") {
			t.Errorf("it was recorded: %s", all)
		}
	}
	want := []string{`graphql mutation createAuditDestination{"name":"siem"}`, `graphql query auditDestinationDryRun{"name":"siem"}`,
		`graphql query Skipped`, `rest POST /v1/audit_destinations`}
	if !slices.Equal(lines, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}
