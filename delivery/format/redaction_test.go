package format_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/redact"
	"github.com/authtrail/authtrail/delivery/format"
)

// properties are those that forms put somewhere else, and some that nobody knows.
var properties = []string{"user_id", "upstream_user_id", "org_id", "org_name", "event", "event_name", "source_ip", "token_id",
	"trace_id", "session", "issuer", "client_id", "application_name", "login_org_id", "login_org_name", "upstream_idp", "stage",
	"result", "user_agent", "request_id", "subsystem", "log_type", "hostname", "action", "api_name", "target_id",
	"target_resource_type", "target_resource_name", "target_resource_org_id", "description", "sub", "jti", "org", "other"}

// marker is text that is nowhere unless it was let through: in JSON, escaped as is
// usual, and in CEF.
type marker string

func (m marker) in(t testing.TB, name, output string) bool {
	for value := range decoded(t, name, output) {
		if strings.Contains(value, string(m)) {
			return true
		}
	}
	return strings.Contains(output, string(m))
}

func drawMarker(t *rapid.T) marker {
	return marker("Xq7" + rapid.StringMatching(`[a-zA-Z0-9 "\\|=äß😀.@:/-]{1,12}`).Draw(t, "marker") + "zQ9")
}

// drawRaw draws an event of some kind with the marker in one property, perhaps deep
// inside, and the path that redacts it.
func drawRaw(t *rapid.T, m marker) (raw, path string) {
	event := map[string]any{}
	for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom(properties), rapid.ID).Draw(t, "others") {
		event[name] = "value of " + name
	}
	event["subsystem"] = rapid.SampledFrom([]string{"auth", "api", "access"}).Draw(t, "kind")
	path = rapid.SampledFrom(properties).Draw(t, "property")
	event[path] = rapid.SampledFrom([]any{
		string(m), []any{string(m), 1}, map[string]any{"in": string(m)}, []any{map[string]any{"in": string(m)}, 5, nil},
	}).Draw(t, "value")
	inside, _ := json.Marshal(event[path])
	if strings.Contains(string(inside), `"in"`) && rapid.Bool().Draw(t, "inside") {
		path += ".in"
	}
	text, _ := json.Marshal(map[string]any{"unique_id": "r-1", "create_time": "2026-01-02T03:04:05Z", "event": event})
	return string(text), path
}

// shown is what protocols show beside the body.
func shown(t testing.TB, d destination.Destination, r *audit.Record) string {
	t.Helper()
	s, err := format.NewSummarizer(d)
	if err != nil {
		t.Fatal(err)
	}
	summary, err := s.Summary(r)
	if err != nil || summary.ID == "" || summary.Title == "" {
		t.Fatalf("%+v, %v", summary, err)
	}
	return fmt.Sprintf("%+v", summary)
}

func TestNoFormatLetsARedactedValueThrough(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := drawMarker(rt)
		raw, path := drawRaw(rt, m)
		action := rapid.SampledFrom([]string{destination.RedactRemove, destination.RedactHash}).Draw(rt, "action")
		r := record(t, raw)
		for _, name := range formats {
			if !m.in(t, name, encode(t, in(name), r)) {
				rt.Fatalf("%s lost what was not redacted: %s", name, raw)
			}
			d := in(name, destination.Redaction{Field: path, Action: action})
			if beside := shown(t, d, r); strings.Contains(beside, string(m)) {
				rt.Fatalf("%s is shown of %s: %s", path, raw, beside)
			}
			got := encode(t, d, r)
			if m.in(t, name, got) {
				rt.Fatalf("%s shows %s of %s: %s", name, path, raw, got)
			}
			if hashed := strings.Contains(got, redact.HashPrefix); hashed != (action == destination.RedactHash) {
				rt.Fatalf("%s has a hash: %v, of %s: %s", name, hashed, raw, got)
			}
		}
	})
}

// markedFlow returns the row of a flow whose records have the marker in one property.
func markedFlow(t testing.TB, property string, m marker) *audit.Record {
	t.Helper()
	var records []*audit.Record
	for i, step := range []string{"Authentication Request/InProgress", "Policy Evaluation/DoMfa", "MFA Challenge/Create", "MFA Challenge/Failure", "Policy Evaluation/Denied"} {
		name, result, _ := strings.Cut(step, "/")
		event := map[string]any{"event_name": name, "result": result, "request_id": "req-1", "trace_id": "trace-1", "org_id": "org-1",
			"user_id": fmt.Sprintf("user-%d", i/3), "upstream_user_id": "someone@example.com", "application_name": "Wiki", "token_id": "tok-1",
			"time": fmt.Sprintf("2026-01-02T03:04:%02dZ", i), "source_ip": "192.0.2.1", "session": "ses-1", "upstream_idp": "okta"}
		event[property] = string(m)
		text, _ := json.Marshal(map[string]any{"unique_id": fmt.Sprintf("r%d", i), "create_time": "2026-01-02T03:04:09Z", "event": event})
		records = append(records, record(t, string(text)))
	}
	flows := flow.StitchAll(records, flow.Rules{Idle: idle})
	if len(flows) != 1 {
		t.Fatalf("there are %d flows of %s", len(flows), property)
	}
	return flowRow(flows[0], false)
}

func TestNoEnvelopeLetsARedactedValueThrough(t *testing.T) {
	t.Parallel()
	for _, property := range properties {
		if property == "org" || property == "sub" || property == "jti" || property == "subsystem" || property == "log_type" {
			continue // authentication records have others for these
		}
		m := marker(`Xq7 "me" é@zQ9`)
		row := markedFlow(t, property, m)
		for _, name := range formats {
			if !m.in(t, name, encode(t, in(name), row)) {
				t.Fatalf("%s lost what was not redacted in %s", name, property)
			}
			for _, action := range []string{destination.RedactRemove, destination.RedactHash} {
				d := in(name, destination.Redaction{Field: property, Action: action})
				got := encode(t, d, row) + "\n" + shown(t, d, row)
				if m.in(t, name, encode(t, d, row)) || strings.Contains(shown(t, d, row), string(m)) {
					t.Errorf("%s shows %s (%s): %s", name, property, action, got)
				}
			}
		}
	}
}

// What is derived of an id bears its documented name, whichever name it came by.
func TestAnIdIsHiddenWhereItWasDerivedFromItsOtherName(t *testing.T) {
	t.Parallel()
	m := marker("Xq7me@zQ9")
	for alias, field := range map[string]string{"jti": "token_id", "sub": "user_id", "org": "org_id"} {
		generic := record(t, `{"unique_id":"g","create_time":"2026-01-02T03:04:05Z","event":{"`+alias+`":"`+string(m)+`","path":"/"}}`)
		login := markedFlow(t, field, m)
		for _, name := range formats {
			for _, property := range []string{alias, field} {
				d := in(name, destination.Redaction{Field: property, Action: destination.RedactRemove})
				for _, r := range []*audit.Record{generic, login} {
					if got := encode(t, d, r); m.in(t, name, got) {
						t.Errorf("%s shows, without %s: %s", name, property, got)
					}
					if got := shown(t, d, r); strings.Contains(got, string(m)) {
						t.Errorf("without %s there is %s", property, got)
					}
				}
			}
		}
	}
}

func TestTheTimeIsThatOfProcessingWhereItIsRedacted(t *testing.T) {
	t.Parallel()
	r := record(t, `{"unique_id":"r","create_time":"2026-01-02T03:04:05Z","event":{"event_name":"Token","time":"2025-07-08T09:10:11.5Z"}}`)
	milliseconds := fmt.Sprint(r.Time.UnixMilli())
	for _, name := range formats {
		d := in(name, destination.Redaction{Field: "time", Action: destination.RedactRemove})
		whole, got := encode(t, in(name), r), encode(t, d, r)+shown(t, d, r)
		if !strings.Contains(whole, "2025-07-08") {
			t.Errorf("%s lost the time: %s", name, whole)
		}
		if strings.Contains(got, "2025-07-08") || strings.Contains(got, milliseconds) || strings.Contains(got, "1751965811") {
			t.Errorf("%s shows the time: %s", name, got)
		}
	}
}

func TestARedactedFlowStillEndsAsItDid(t *testing.T) {
	t.Parallel()
	row := markedFlow(t, "other", "x")
	for _, property := range []string{"user_id", "result", "event_name", "time", "request_id"} {
		for _, action := range []string{destination.RedactRemove, destination.RedactHash} {
			var bulk struct {
				Event struct {
					Outcome string
					Verdict *struct{ Text string }
				}
			}
			text := encode(t, in(destination.FormatAgilicus, destination.Redaction{Field: property, Action: action}), row)
			if err := json.Unmarshal([]byte(text), &bulk); err != nil {
				t.Fatal(err)
			}
			if bulk.Event.Outcome != string(audit.Denied) {
				t.Errorf("without %s it ends %s", property, bulk.Event.Outcome)
			}
			if told := property == "user_id" || property == "request_id"; told != (bulk.Event.Verdict != nil) {
				t.Errorf("without %s there is a verdict: %v", property, bulk.Event.Verdict)
			}
			if v := bulk.Event.Verdict; v != nil && strings.Contains(v.Text, "no request_id") {
				t.Errorf("it says that its records had no request_id: %s", v.Text)
			}
		}
	}
}

func TestEqualValuesHaveEqualHashes(t *testing.T) {
	t.Parallel()
	hashed := func(event string, key string) string {
		d := in(destination.FormatAgilicus, destination.Redaction{Field: "a.b", Action: destination.RedactHash})
		d.Keys = &destination.Keys{Hashing: []byte(key)}
		return encode(t, d, record(t, `{"unique_id":"r","create_time":"2026-01-02T03:04:05Z","event":`+event+`}`))
	}
	one := hashed(`{"a":{"b":"x"}}`, "key")
	if other := hashed(`{"a":{"b":"\u0078"}}`, "key"); other != one {
		t.Errorf("%s and %s", one, other)
	}
	if other := hashed(`{"a":{"b":"x"}}`, "another"); other == one {
		t.Error("the hash is the same under another key")
	}
	if got := hashed(`{"a":{"b":null,"c":1}}`, "key"); !strings.Contains(got, `{"b":null,"c":1}`) {
		t.Errorf("null was hashed: %s", got)
	}
	if spread, tight := hashed(`{"a":{"b":{"c": [1, 2]}}}`, "key"), hashed(`{"a":{"b":{"c":[1,2]}}}`, "key"); spread != tight {
		t.Errorf("%s and %s", spread, tight)
	}
	if got := hashed(`{"a.b":"secret","a":[{"b":"x"},[{"b":"y"}]]}`, "key"); strings.Contains(got, "secret") ||
		strings.Count(got, redact.HashPrefix) != 3 {
		t.Errorf("not every a.b is hashed: %s", got)
	}
	if got := hashed(`{"a":{"b":"x","\u0062":"y"}}`, "key"); strings.Count(got, redact.HashPrefix) != 2 {
		t.Errorf("not every b is hashed: %s", got)
	}
}
