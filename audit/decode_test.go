package audit_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// bulk wraps an event's own object as a bulk event.
func bulk(event string) string {
	return `{"unique_id":"u-1","create_time":"2026-01-02T03:04:05.678901234Z","event":` + event + `}`
}

var documentedByKind = map[audit.Kind][]query.Field{
	audit.KindAuth: {query.UserID, query.UpstreamUserID, query.OrgID, query.OrgName, query.Event, query.EventName,
		query.SourceIP, query.TokenID, query.TraceID, query.Session, query.Issuer, query.ClientID,
		query.ApplicationName, query.LoginOrgID, query.LoginOrgName, query.UpstreamIDP, query.Stage,
		query.Result, query.UserAgent, query.RequestID},
	audit.KindAPI: {query.UserID, query.TargetResourceType, query.TargetResourceOrgID, query.TargetResourceName,
		query.APIName, query.OrgID, query.Action, query.SourceIP, query.TargetID, query.TokenID, query.TraceID,
		query.Session, query.SecondaryID, query.TertiaryID, query.ParentID, query.GrandparentID, query.Description},
	audit.KindGeneric: {query.UserID, query.OrgID, query.SourceIP, query.TokenID, query.TraceID, query.Session,
		query.RequestID},
}

var subsystemOf = map[audit.Kind]string{audit.KindAuth: "auth", audit.KindAPI: "api", audit.KindGeneric: "access"}

func TestEveryDocumentedFieldIsRead(t *testing.T) {
	t.Parallel()
	for kind, fields := range documentedByKind {
		event := map[string]string{"subsystem": subsystemOf[kind]}
		for _, field := range fields {
			event[string(field)] = "value of " + string(field)
		}
		text, _ := json.Marshal(event)
		r := decode(t, bulk(string(text)))
		if r.Kind != kind {
			t.Fatalf("kind = %v, want %v", r.Kind, kind)
		}
		for _, field := range fields {
			if got, _ := r.Get(field); got != "value of "+string(field) {
				t.Errorf("%v: %s = %q", kind, field, got)
			}
		}
		if len(r.Members()) != 1 || r.Members()[0].Name != "subsystem" {
			t.Errorf("%v: members = %s, want the subsystem alone", kind, memberText(r))
		}
	}
}

func memberText(r *audit.Record) string {
	var lines []string
	for _, m := range r.Members() {
		lines = append(lines, fmt.Sprintf("%s=%s mistyped=%v", m.Name, m.Value, m.Mistyped))
	}
	return strings.Join(lines, " ")
}

func TestClassification(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]audit.Kind{
		`{}`:                         audit.KindGeneric,
		`{"subsystem":"auth"}`:       audit.KindAuth,
		`{"subsystem":"AUTH"}`:       audit.KindAuth,
		`{"log_type":"auth_audits"}`: audit.KindAuth,
		`{"subsystem":"authentication","api_name":"x"}`:              audit.KindAuth,
		`{"subsystem":"api","event_name":"Token"}`:                   audit.KindAPI,
		`{"log_type":"audit"}`:                                       audit.KindAPI,
		`{"subsystem":"audits"}`:                                     audit.KindAPI,
		`{"log_type":"access","event_name":"Token"}`:                 audit.KindGeneric,
		`{"subsystem":"auth","log_type":"access"}`:                   audit.KindAuth,
		`{"subsystem":"other","log_type":"auth"}`:                    audit.KindAuth,
		`{"subsystem":"other","event_name":"Token"}`:                 audit.KindAuth,
		`{"subsystem":7,"api_name":"users"}`:                         audit.KindAPI,
		`{"event_name":"Token"}`:                                     audit.KindAuth,
		`{"upstream_idp":"okta"}`:                                    audit.KindAuth,
		`{"login_org_id":"o"}`:                                       audit.KindAuth,
		`{"event_name":null}`:                                        audit.KindGeneric,
		`{"stage":"Token"}`:                                          audit.KindGeneric,
		`{"stage":"Token","event":"Denied"}`:                         audit.KindAuth,
		`{"action":"create"}`:                                        audit.KindGeneric,
		`{"action":"create","target_id":"x"}`:                        audit.KindAPI,
		`{"audit_attributes":[]}`:                                    audit.KindAPI,
		`{"api_name":"users"}`:                                       audit.KindAPI,
		`{"path":"/","response_code":200,"hostname":"gw","jti":"t"}`: audit.KindGeneric,
	} {
		if got := decode(t, bulk(event)).Kind; got != want {
			t.Errorf("%s is %v, want %v", event, got, want)
		}
	}
}

func TestOrgAndTimeFallBack(t *testing.T) {
	t.Parallel()
	const created = "2026-01-02T03:04:05.678901234Z"
	for _, c := range []struct{ event, org, time string }{
		{`{}`, "sender-org", created},
		{`{"org":"a"}`, "a", created},
		{`{"org_id":"b","org":"a"}`, "b", created},
		{`{"org_id":"","org":"a"}`, "a", created},
		{`{"org_id":null,"org":7}`, "sender-org", created},
		{`{"time":"2025-12-31T23:00:00.000000001-02:00"}`, "sender-org", "2026-01-01T01:00:00.000000001Z"},
		{`{"time":"2025-12-31T23:00:00.5"}`, "sender-org", "2025-12-31T23:00:00.5Z"},
		{`{"time":"2026-01-01t00:00:00z"}`, "sender-org", "2026-01-01T00:00:00Z"},
		{`{"time":"2026-01-01 00:00:00+0100"}`, "sender-org", "2025-12-31T23:00:00Z"},
		{`{"time":"2025-12-31T23:59:60Z"}`, "sender-org", "2026-01-01T00:00:00Z"},
		{`{"time":"2025-12-31T23:59:60"}`, "sender-org", "2026-01-01T00:00:00Z"},
		{`{"time":"2026-01-01T00:00:00.1234567899Z"}`, "sender-org", "2026-01-01T00:00:00.123456789Z"},
		{`{"time":"2026-01-01T00:00:00.123456789999+01:00"}`, "sender-org", "2025-12-31T23:00:00.123456789Z"},
		{`{"time":"2026-01-01T00:00:00.1234567899"}`, "sender-org", "2026-01-01T00:00:00.123456789Z"},
		{`{"time":"2026-01-01"}`, "sender-org", created},
		{`{"time":"yesterday"}`, "sender-org", created},
		{`{"time":1767322000}`, "sender-org", created},
		{`{"time":null}`, "sender-org", created},
		{`{"time":"1969-12-31T23:59:59.999999999Z"}`, "sender-org", created},
		{`{"time":"1970-01-01T00:00:00Z"}`, "sender-org", "1970-01-01T00:00:00Z"},
		{`{"time":"1970-01-01T00:30:00+01:00"}`, "sender-org", created},
		{`{"time":"2261-12-31T23:59:59.999999999Z"}`, "sender-org", "2261-12-31T23:59:59.999999999Z"},
		{`{"time":"2262-01-01T00:00:00Z"}`, "sender-org", created},
		{`{"time":"2262-01-01T00:00:00+01:00"}`, "sender-org", "2261-12-31T23:00:00Z"},
	} {
		r := decode(t, bulk(c.event))
		if r.Org != c.org || r.Time.Format(time.RFC3339Nano) != c.time {
			t.Errorf("%s: org %q at %s, want %q at %s", c.event, r.Org, r.Time.Format(time.RFC3339Nano), c.org, c.time)
		}
		if r.Time.Location() != time.UTC || r.CreateTime.Format(time.RFC3339Nano) != created {
			t.Errorf("%s: location %v, created %v", c.event, r.Time.Location(), r.CreateTime)
		}
	}
}

func TestAnUnreadableTimeIsKeptAsAnAdditionalProperty(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]string{
		`{"time":"yesterday"}`:            `time="yesterday" mistyped=true`,
		`{"time":12}`:                     `time=12 mistyped=true`,
		`{"time":"2262-01-01T00:00:00Z"}`: `time="2262-01-01T00:00:00Z" mistyped=true`,
		`{"time":"2026-01-01T00:00:00Z"}`: ``,
		`{"time":null}`:                   ``,
	} {
		if got := memberText(decode(t, bulk(event))); got != want {
			t.Errorf("%s: members %s, want %s", event, got, want)
		}
	}
}

func TestGenericEventsAnswerToTheNamesOfAccessLogs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ event, token, user string }{
		{`{"jti":"t","sub":"s"}`, "t", "s"},
		{`{"jti":"t","token_id":"own","sub":"s","user_id":"me"}`, "own", "me"},
		{`{"jti":"t","token_id":"","sub":"s","user_id":""}`, "t", "s"},
		{`{"jti":7,"sub":null}`, "", ""},
		{`{"jti":"t","sub":"s","subsystem":"auth"}`, "", ""},
	} {
		r := decode(t, bulk(c.event))
		token, _ := r.Get(query.TokenID)
		user, _ := r.Get(query.UserID)
		if token != c.token || user != c.user {
			t.Errorf("%s: token %q user %q, want %q %q", c.event, token, user, c.token, c.user)
		}
	}
	if got := memberText(decode(t, bulk(`{"jti":"t","token_id":"x"}`))); got != `jti="t" mistyped=false` {
		t.Errorf("members = %s; the alias stays an additional property", got)
	}
}

func TestMembersThatAreNotAsDocumented(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]string{
		`{"event_name":"T","user_id":null}`:                         ``,
		`{"event_name":"T","user_id":7}`:                            `user_id=7 mistyped=true`,
		`{"event_name":"T","user_id":{"a":[1,null]}}`:               `user_id={"a":[1,null]} mistyped=true`,
		`{"event_name":"T","hostname":["gw"]}`:                      `hostname=["gw"] mistyped=false`,
		`{"event_name":"T","hostname":"gw"}`:                        `hostname="gw" mistyped=false`,
		`{"event_name":"T","extra":null}`:                           `extra=null mistyped=false`,
		`{"event_name":"T","a":1,"b":2,"a":3}`:                      `b=2 mistyped=false a=3 mistyped=false`,
		`{"event_name":"T","n":12345678901234567890.123}`:           `n=12345678901234567890.123 mistyped=false`,
		`{"event_name":"T","n":1E400}`:                              `n=1E400 mistyped=false`,
		`{"event_name":"T","s":"\ud800 \u0000"}`:                    `s="\ud800 \u0000" mistyped=false`,
		`{"event_name":"T", "d" : { "x" : [ 1 , { } ] } }`:          `d={ "x" : [ 1 , { } ] } mistyped=false`,
		`{"event_name":"T","request_id":"r","audit_attributes":[]}`: `audit_attributes=[] mistyped=false`,
		`{"api_name":"T","audit_attributes":{"attribute_id":"x"}}`:  `audit_attributes={"attribute_id":"x"} mistyped=true`,
		`{"api_name":"T","audit_attributes":[{"attribute_id":1}]}`:  `audit_attributes=[{"attribute_id":1}] mistyped=true`,
		`{"api_name":"T","audit_attributes":[null]}`:                `audit_attributes=[null] mistyped=true`,
		`{"api_name":"T","audit_attributes":null}`:                  ``,
	} {
		if got := memberText(decode(t, bulk(event))); got != want {
			t.Errorf("%s: members %s, want %s", event, got, want)
		}
	}
}

func TestOfANameSentTwiceTheLastCounts(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"unique_id":"first","create_time":"x","event":{"user_id":"no"},"unique_id":"u",`+
		`"create_time":"2026-01-01T00:00:00Z","event":{"user_id":"a","user_id":"b","event_name":"T"}}`)
	user, _ := r.Get(query.UserID)
	if r.UniqueID != "u" || user != "b" || string(r.Event()) != `{"user_id":"a","user_id":"b","event_name":"T"}` {
		t.Errorf("unique_id %q, user_id %q, event %s", r.UniqueID, user, r.Event())
	}
}

func TestDuplicateNamesAmongManyMembers(t *testing.T) {
	t.Parallel()
	var members []string
	for i := range 100 {
		members = append(members, fmt.Sprintf(`"m%d":%d`, i%60, i))
	}
	r := decode(t, bulk("{"+strings.Join(members, ",")+"}"))
	if len(r.Members()) != 60 {
		t.Fatalf("%d members, want 60", len(r.Members()))
	}
	for _, m := range r.Members() {
		if m.Name == "m7" && string(m.Value) != "67" {
			t.Errorf("m7 = %s, want its last value 67", m.Value)
		}
	}
}

func TestRestoreGivesBackTheSameRecord(t *testing.T) {
	t.Parallel()
	events := []string{bulk(`{}`), " \n" + bulk(`{"time":"nonsense","jti":"x","a":{"b":[1,"\ud800"]}}`) + "\n",
		bulk(`{"api_name":"a","audit_attributes":[{"attribute_id":"1","extra":[true]},{"attribute_type":"t"}]}`)}
	for _, event := range sampleEvents(t)[:200] {
		events = append(events, string(event))
	}
	for _, event := range events {
		r := decode(t, event)
		if r.Raw != event {
			t.Fatalf("raw = %s, want %s", r.Raw, event)
		}
		if got := audit.Restore(r.Stored()); !reflect.DeepEqual(got, r) {
			t.Errorf("restored %+v, want %+v", got, r)
		}
	}
}

func TestRestoreKeepsWhatWasDecidedWhenTheEventCameIn(t *testing.T) {
	t.Parallel()
	stored := decode(t, bulk(`{"event_name":"Token"}`)).Stored()
	stored.Kind, stored.Org = audit.KindGeneric, "elsewhere"
	r := audit.Restore(stored)
	if r.Kind != audit.KindGeneric || r.Org != "elsewhere" {
		t.Errorf("kind %v org %q", r.Kind, r.Org)
	}
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	r := decode(t, bulk(`{"api_name":"a","audit_attributes":[{"attribute_type":"user","attribute_id":"u","attribute_org_id":null},`+
		`{ "attribute_id":"v","attribute_name":"n","more":{"x":1} }]}`))
	want := []audit.AuditAttribute{
		{Type: "user", ID: "u", Raw: `{"attribute_type":"user","attribute_id":"u","attribute_org_id":null}`},
		{ID: "v", Name: "n", Raw: `{ "attribute_id":"v","attribute_name":"n","more":{"x":1} }`},
	}
	if !slices.Equal(r.Attributes, want) || len(r.Members()) != 0 {
		t.Errorf("attributes = %+v, members %s", r.Attributes, memberText(r))
	}
	if ids := r.Values(query.AttributeID); !slices.Equal(ids, []string{"u", "v"}) {
		t.Errorf("attribute ids = %q", ids)
	}
	if name, ok := r.Get(query.AttributeName); name != "n" || !ok {
		t.Errorf("first attribute name = %q, %v", name, ok)
	}
}
