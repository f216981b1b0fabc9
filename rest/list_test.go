package rest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

func TestAnEmptyListIsAList(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, member := range []string{"auth_audits", "audits"} {
		got := s.do(http.MethodGet, "/v1/"+member, nil)
		if want := `{"limit":500,"` + member + `":[]}` + "\n"; string(got.body) != want || got.header.Get("Link") != "" {
			t.Errorf("got %s and Link %q, want %s", got.body, got.header.Get("Link"), want)
		}
		if got.header.Get("Cache-Control") != "no-store" {
			t.Error("records may be kept by caches")
		}
	}
}

func TestEachListHasItsOwnKindNewestFirst(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.send(at(1, "a", `"subsystem":"auth","user_id":"1"`), at(3, "b", `"subsystem":"auth","user_id":"3"`),
		at(2, "c", `"subsystem":"auth","user_id":"2"`), at(4, "d", `"subsystem":"api","user_id":"4"`),
		at(5, "e", `"log_type":"access","user_id":"5"`))
	for path, want := range map[string][]string{"/v1/auth_audits": {"3", "2", "1"}, "/v1/audits": {"4"}} {
		if got := s.get(path).values("user_id"); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}

// parameterTests has, for each parameter of a list, a value that matches the
// row "match" alone. A test requires one of every documented parameter.
var parameterTests = map[string]struct {
	match, other string
	values       map[string]string
}{
	"/v1/auth_audits": {
		match: `"subsystem":"auth","org_id":"org-1","user_id":"u 1","session":"s1","trace_id":"t1","upstream_user_id":"a+b@x","upstream_idp":"okta",
			"login_org_id":"lo1","source_ip":"not an address","client_id":"c1","event":"Success","stage":"Login","request_id":"r1",
			"result":"Denied","event_name":"Authentication Request","time":"2026-11-20T00:00:00Z"`,
		other: `"subsystem":"auth","org_id":"ORG-1","user_id":"u","session":"s1 ","trace_id":"T1","upstream_user_id":"a b@x","upstream_idp":"Okta",
			"login_org_id":"lo","source_ip":"not","client_id":"c11","event":"success","stage":"login","request_id":"r1,r2",
			"result":"denied","event_name":"Authentication","time":"2026-11-19T23:59:59.999999999Z"`,
		values: map[string]string{
			"limit": "1", "dt_from": "2026-11-20", "dt_to": "", "org_id": "org-1", "user_id": "u 1", "session_id": "s1", "trace_id": "t1",
			"upstream_user_id": "a+b@x", "upstream_idp": "okta", "login_org_id": "lo1", "source_ip": "not an address",
			"client_id": "c1", "event": "Success", "stage": "Login", "request_id": "r1", "result": "Denied",
			"event_name": "Authentication Request",
		},
	},
	"/v1/audits": {
		match: `"subsystem":"api","org_id":"org-1","user_id":"u1","action":"create","target_id":"x1","token_id":"k1","api_name":"users",
			"target_resource_type":"user","time":"2026-11-20T00:00:00Z","audit_attributes":[
			{"attribute_type":"app","attribute_id":"1","attribute_org_id":"o1"},{"attribute_type":"a,b","attribute_id":"3"}]`,
		other: `"subsystem":"api","org_id":"org-2","user_id":"u2","action":"Create","target_id":"x","token_id":"k","api_name":"user",
			"target_resource_type":"users","time":"2026-11-19T00:00:00Z","audit_attributes":[
			{"attribute_type":"a","attribute_id":"2","attribute_org_id":"o2"},{"attribute_type":"b","attribute_id":"1,3"}]`,
		values: map[string]string{
			"limit": "1", "dt_from": "now-3days", "dt_to": "", "org_id": "org-1", "user_id": "u1", "action": "create", "target_id": "x1",
			"token_id": "k1", "api_name": "users", "target_resource_type": "user", "attribute_type": "app", "attribute_id": "1",
			"attribute_org_id": "o1", "attribute_type_list": "a,b", "attribute_id_list": "3", "resources_behind_connector_id": "",
		},
	},
}

func TestEveryParameterFilters(t *testing.T) {
	t.Parallel()
	for path, test := range parameterTests {
		s := newServer(t)
		s.send(at(1, "match", test.match), at(1, "other", test.other))
		for name, value := range test.values {
			got := s.get(path, name, value).rows
			switch {
			case value == "": // has a test of its own
			case len(got) != 1 || got[0]["org_id"] != "org-1":
				t.Errorf("%s?%s=%s: got %v, want the one that matches", path, name, value, got)
			}
			if name == "limit" || strings.HasPrefix(name, "dt_") {
				continue
			}
			if got := s.get(path, name, "no such thing").rows; len(got) != 0 {
				t.Errorf("%s?%s: an unknown value matches %v", path, name, got)
			}
			for _, absent := range []string{"", "None"} {
				if got := s.get(path, name, absent).rows; len(got) != 2 {
					t.Errorf("%s?%s=%s: %d rows, want both: it was not given", path, name, absent, len(got))
				}
			}
		}
	}
}

func TestNothingIsKnownBehindAConnector(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.send(at(1, "a", `"subsystem":"api","resources_behind_connector_id":"c"`))
	if got := s.get("/v1/audits", "resources_behind_connector_id", "c").rows; len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestAttributeFiltersHoldOnOneAttribute(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.send(at(2, "a", `"subsystem":"api","user_id":"a","audit_attributes":[{"attribute_type":"app","attribute_id":"1"},{"attribute_type":"role","attribute_id":"2","attribute_org_id":"o"}]`),
		at(1, "b", `"subsystem":"api","user_id":"b","audit_attributes":[{"attribute_type":"app","attribute_id":"2"}]`))
	for _, test := range []struct {
		params []string
		want   string
	}{
		{[]string{"attribute_type", "app"}, "[a b]"},
		{[]string{"attribute_type", "app", "attribute_id", "2"}, "[b]"},
		{[]string{"attribute_type", "role", "attribute_id", "2", "attribute_org_id", "o"}, "[a]"},
		{[]string{"attribute_type", "app", "attribute_org_id", "o"}, "[]"},
		{[]string{"attribute_type_list", "role", "attribute_type_list", "app", "attribute_id", "2"}, "[a b]"},
		{[]string{"attribute_type_list", "role", "attribute_id_list", "1"}, "[]"},
		{[]string{"attribute_type_list", "role", "attribute_type_list", "", "attribute_type_list", "None"}, "[a]"},
		{[]string{"attribute_type", "app", "attribute_type_list", "role"}, "[]"},
		{[]string{"attribute_type", "role", "attribute_type_list", "role", "attribute_type_list", "app"}, "[a]"},
	} {
		if got := fmt.Sprint(s.get("/v1/audits", test.params...).values("user_id")); got != test.want {
			t.Errorf("%v: got %s, want %s", test.params, got, test.want)
		}
	}
}

func TestTimesAreInclusiveFromAndExclusiveTo(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.send(at(10, "a", `"event_name":"1"`), at(20, "b", `"event_name":"2"`), at(30, "c", `"event_name":"3"`))
	for _, test := range []struct {
		from, to, want string
	}{
		{"2026-11-01T00:00:10Z", "2026-11-01T00:00:30Z", "[2 1]"},
		{"2026-11-01T00:00:10.000000001Z", "2026-11-01T00:00:30.000000001", "[3 2]"},
		{"2026-11-01T02:00:20+02:00", "", "[3 2]"},
		{"2026-10-31", "2026-11-01", "[]"},
		{"now-4weeks", "now", "[3 2 1]"},
		{"now-4weeks", "in 30 days", "[3 2 1]"},
		{"now-1day", "today", "[]"},
		{"2026-11-01T00:00:30Z", "2026-11-01T00:00:10Z", "[]"},
	} {
		if got := fmt.Sprint(s.get("/v1/auth_audits", "dt_from", test.from, "dt_to", test.to).values("event_name")); got != test.want {
			t.Errorf("from %s to %s: got %s, want %s", test.from, test.to, got, test.want)
		}
	}
	if got := s.do(http.MethodGet, "/v1/auth_audits?dt_from=2026-11-01T02:00:20+02:00", nil); got.status != 200 {
		t.Errorf("an offset with a bare +: %d %s", got.status, got.body)
	}
}

func TestBadParametersAreNamed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.send(at(1, "a", `"subsystem":"api"`))
	foreign := s.get("/v1/audits", "limit", "1").next
	for params, mention := range map[string]string{
		"limit=0": "limit", "limit=-1": "limit", "limit=501": "limit", "limit=ten": "limit", "limit=1.0": "limit",
		"dt_from=yesterdayish": "dt_from: unreadable", "dt_to=2026-13-01": "dt_to: unreadable",
		"dt_from=2300-01-01": "dt_from", "dt_from=" + foreign: "dt_from", "dt_to=" + foreign: "dt_to", "dt_to=c1_x": "dt_to",
	} {
		refused(t, s.do(http.MethodGet, "/v1/auth_audits?"+params, nil), 400, audit.BadUserInput, mention)
	}
}

func TestOfAParameterSentTwiceTheLastCounts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.send(at(1, "a", `"event_name":"1"`), at(2, "b", `"event_name":"2"`))
	if got := s.get("/v1/auth_audits", "event_name", "1", "event_name", "2", "unknown", "x").values("event_name"); !slices.Equal(got, []string{"2"}) {
		t.Errorf("got %v", got)
	}
}
