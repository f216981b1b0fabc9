package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

const destinationsPath = "/v1/audit_destinations"

// webhook is a destination as clients send it; members are added to its spec.
func webhook(org, name, members string) string {
	return fmt.Sprintf(`{"spec":{"enabled":true,"name":%q,"org_id":%q,"destination_type":"webhook","location":"https://example.com/in",
		"comment":"","filters":[]%s}}`, name, org, members)
}

const basicAuthentication = `,"authentication":{"authentication_type":"http_basic","http_basic":{"username":"me","password":"swordfish"}}`

// stored is what the tests read of a destination.
type stored struct {
	Metadata struct{ ID, Created, Updated string }
	Spec     map[string]any
}

func (s *server) destination(got answer, status int) stored {
	s.Helper()
	if got.status != status {
		s.Fatalf("answered %d %s, want %d", got.status, got.body, status)
	}
	var d stored
	decode(s.TB, got.body, &d)
	return d
}

func (s *server) create(body string) stored {
	s.Helper()
	return s.destination(s.do(http.MethodPost, destinationsPath, strings.NewReader(body)), http.StatusCreated)
}

func TestADestinationIsCreatedReadReplacedAndDeleted(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	created := s.create(webhook("o", "a", `,"authentication":null,"colour":{"red":[1,2.50,null]}`))
	if created.Metadata.ID == "" || created.Metadata.Created != created.Metadata.Updated || created.Spec["name"] != "a" {
		t.Errorf("created %+v", created)
	}
	if _, given := created.Spec["authentication"]; given {
		t.Errorf("a member that was not given is there: %v", created.Spec)
	}
	path := destinationsPath + "/" + created.Metadata.ID
	got := s.do(http.MethodGet, path, nil)
	if s.destination(got, 200).Metadata != created.Metadata || !strings.Contains(string(got.body), `"colour":{"red":[1,2.50,null]}`) {
		t.Errorf("read %s", got.body)
	}
	replaced := s.destination(s.do(http.MethodPut, path, strings.NewReader(webhook("o", "b", ""))), 200)
	if replaced.Metadata.ID != created.Metadata.ID || replaced.Metadata.Created != created.Metadata.Created ||
		replaced.Metadata.Updated <= created.Metadata.Updated || replaced.Spec["name"] != "b" {
		t.Errorf("replaced %+v", replaced)
	}
	if got := s.do(http.MethodDelete, path, nil); got.status != http.StatusNoContent || len(got.body) > 0 {
		t.Errorf("deleted: %d %s", got.status, got.body)
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		refused(t, s.do(method, path, nil), 404, audit.NotFound, "destination")
	}
	refused(t, s.do(http.MethodPut, path, strings.NewReader(webhook("o", "b", ""))), 404, audit.NotFound, "destination")
}

func TestANameThatIsTakenIsAnsweredWithItsDestination(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	first := s.create(webhook("o", "a", basicAuthentication))
	got := s.do(http.MethodPost, destinationsPath, strings.NewReader(webhook("o", "a", "")))
	if existing := s.destination(got, 409); existing.Metadata != first.Metadata || !strings.Contains(string(got.body), "swordfish") {
		t.Errorf("answered %s", got.body)
	}
	second := s.create(webhook("o", "b", ""))
	s.create(webhook("other", "a", ""))
	refused(t, s.do(http.MethodPut, destinationsPath+"/"+second.Metadata.ID, strings.NewReader(webhook("o", "a", ""))), 409, audit.Conflict, "spec.name")
}

func TestAStaleVersionIsNotReplaced(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	first := s.create(webhook("o", "a", ""))
	path := destinationsPath + "/" + first.Metadata.ID
	put := func(updated, comment string) answer {
		body := strings.Replace(webhook("o", "a", ""), `"comment":""`, `"comment":"`+comment+`"`, 1)
		return s.do(http.MethodPut, path, strings.NewReader(`{"metadata":{"id":"x","created":7,"updated":"`+updated+`"},`+body[1:]))
	}
	// The same instant in another zone, and with digits that the server does not keep.
	elsewhere := strings.Replace(strings.TrimSuffix(first.Metadata.Updated, "Z"), "T", " ", 1) + "789"
	second := s.destination(put(elsewhere, "two"), 200)
	if second.Spec["comment"] != "two" || second.Metadata.ID != first.Metadata.ID {
		t.Errorf("replaced %+v", second)
	}
	refused(t, put(first.Metadata.Updated, "three"), 409, audit.Conflict, "metadata.updated")
	refused(t, put("yesterday", "three"), 400, audit.BadUserInput, "metadata.updated")
}

func TestOnlyOwnersManageDestinationsAndSeeSecrets(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	made := s.create(webhook("mine", "a", `,"authentication":{"authentication_type":"oauth2","also":"swordfish","http_bearer":{"token":"swordfish"},
		"oauth2":{"token_url":"https://id.example/token","client_id":"me","client_secret":"swordfish","scopes":["x"],"more":"swordfish"}}`))
	path := destinationsPath + "/" + made.Metadata.ID
	for _, role := range []audit.Role{audit.RoleViewer, audit.RoleEditor} {
		s.principal = audit.MemberOf("s", "mine", role)
		for _, at := range []string{path, destinationsPath} {
			got := s.do(http.MethodGet, at, nil)
			if got.status != 200 || strings.Contains(string(got.body), "swordfish") ||
				!strings.Contains(string(got.body), `"oauth2":{"token_url":"https://id.example/token","client_id":"me","scopes":["x"]}`) {
				t.Errorf("%d sees %d %s", role, got.status, got.body)
			}
		}
		refused(t, s.do(http.MethodPost, destinationsPath, strings.NewReader(webhook("mine", "b", ""))), 403, audit.Forbidden, "owner")
		refused(t, s.do(http.MethodPut, path, strings.NewReader(webhook("mine", "b", ""))), 403, audit.Forbidden, "owner")
		refused(t, s.do(http.MethodDelete, path, nil), 403, audit.Forbidden, "owner")
	}
	s.principal = audit.MemberOf("s", "mine", audit.RoleNone)
	refused(t, s.do(http.MethodGet, path, nil), 403, audit.Forbidden, "role")
	refused(t, s.do(http.MethodGet, destinationsPath, nil), 403, audit.Forbidden, "role")
	s.principal = audit.MemberOf("s", "mine", audit.RoleOwner)
	for _, at := range []string{path, destinationsPath} {
		if got := s.do(http.MethodGet, at, nil); strings.Count(string(got.body), "swordfish") != 4 {
			t.Errorf("the owner sees %s", got.body)
		}
	}
}

func TestDestinationsOfAnotherOrg(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	theirs := destinationsPath + "/" + s.create(webhook("theirs", "a", "")).Metadata.ID
	s.principal = audit.MemberOf("s", "mine", audit.RoleOwner)
	for _, method := range []string{http.MethodGet, http.MethodDelete, http.MethodPut} {
		body := strings.NewReader(webhook("mine", "b", ""))
		refused(t, s.do(method, theirs, body), 404, audit.NotFound, "destination")
		refused(t, s.do(method, theirs+"?org_id=theirs", strings.NewReader(webhook("mine", "b", ""))), 403, audit.Forbidden, "org_id")
	}
	refused(t, s.do(http.MethodGet, destinationsPath+"?org_id=theirs", nil), 403, audit.Forbidden, "org_id")
	refused(t, s.do(http.MethodPost, destinationsPath, strings.NewReader(webhook("theirs", "b", ""))), 403, audit.Forbidden, "spec.org_id")
	if got := s.do(http.MethodGet, destinationsPath, nil); string(got.body) != `{"limit":500,"audit_destinations":[]}`+"\n" {
		t.Errorf("sees %s", got.body)
	}
	if own := s.create(webhook("", "own", "")); own.Spec["org_id"] != "mine" {
		t.Errorf("one that names no organisation is of %v", own.Spec["org_id"])
	}
}

func TestBodiesThatAreNoDestination(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for body, mention := range map[string]string{
		"":                    "missing",
		"{":                   "JSON",
		"[]":                  "object",
		`{}`:                  "spec: is missing",
		webhook("o", "", ""):  "spec.name",
		"{\"spec\":\"\xff\"}": "UTF-8",
		webhook("o", "a", `,"max_events_per_transaction":0`):           "spec.max_events_per_transaction",
		webhook("o", "a", `,"x":`+deep(200)):                           "levels",
		webhook("o", "a", `,"big":"`+strings.Repeat("x", 300<<10)+`"`): "bytes",
	} {
		refused(t, s.do(http.MethodPost, destinationsPath, strings.NewReader(body)), 400, audit.BadUserInput, mention)
	}
	large := strings.NewReader(strings.Repeat(" ", maxBody+1))
	refused(t, s.do(http.MethodPost, destinationsPath, large), 413, tooLargeCode, "1 MiB")
	refused(t, s.do(http.MethodPost, destinationsPath, strings.NewReader("x"), "Content-Encoding", "br"), 415, unsupportedCode, "gzip")
}

func deep(levels int) string { return strings.Repeat("[", levels) + strings.Repeat("]", levels) }

func TestSecretsAreNotInTheStore(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.create(webhook("o", "a", basicAuthentication))
	entries, err := s.store.List(t.Context(), audit.EntryQuery{Kind: "destination", Scope: audit.AllOrgs(), Limit: 10})
	if err != nil || len(entries) != 1 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	if body := string(entries[0].Body); strings.Contains(body, "swordfish") || !json.Valid(entries[0].Body) || !strings.Contains(body, `"sealed":`) {
		t.Errorf("stored %s", body)
	}
}
