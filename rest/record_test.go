package rest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

func TestMembersAreWrittenAsTheyWereSent(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, members, want string }{
		{"time in microseconds", `"time":"2026-01-02T05:04:05.678901999+02:00"`, `"time":"2026-01-02T03:04:05.678901Z"`},
		{"no time", `"user_id":"u"`, `"time":"2026-11-01T00:00:01.000000Z","user_id":"u"`},
		{"additional properties", `"risk": 1.50 ,"deep":{"a":[1, null,{"b":"\u00e9"}]}, "none":null`,
			`"time":"2026-11-01T00:00:01.000000Z","risk":1.50,"deep":{"a":[1, null,{"b":"\u00e9"}]},"none":null`},
		{"text", `"user_id":"a\"\\\n\u0001é日\ud83d\ude00<&>/"`, `"time":"2026-11-01T00:00:01.000000Z","user_id":"a\"\\\n\u0001é日😀<&>/"`},
		{"null members", `"user_id":null,"result":null`, `"time":"2026-11-01T00:00:01.000000Z"`},
		{"mistyped members", `"user_id":17,"x":1,"time":"then","result":["a"]`,
			`"time":"2026-11-01T00:00:01.000000Z","x":1,"mistyped":{"user_id":17,"time":"then","result":["a"]}`},
		{"an own property of that name", `"user_id":17,"mistyped":true,"mistyped_":1`,
			`"time":"2026-11-01T00:00:01.000000Z","mistyped":true,"mistyped_":1,"mistyped__":{"user_id":17}`},
		{"names that the client keeps for itself", `"cls":1,"_data_store":{},"x":2`,
			`"time":"2026-11-01T00:00:01.000000Z","x":2,"mistyped":{"cls":1,"_data_store":{}}`},
		{"an org from the older member", `"org":"o"`, `"time":"2026-11-01T00:00:01.000000Z","org_id":"o","org":"o"`},
		{"members of the other kind", `"action":"a","audit_attributes":[]`,
			`"time":"2026-11-01T00:00:01.000000Z","action":"a","audit_attributes":[]`},
	} {
		if got := written(t, authShape, `"subsystem":"auth",`+test.members); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}

func TestAttributesAreWrittenAsTheyWereSent(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		`[{"attribute_id":"1", "x":{"y": 1}},{}]`:                          `"audit_attributes":[{"attribute_id":"1", "x":{"y": 1}},{}]`,
		`[{"attribute_id":null,"attribute_org_id":null,"x":null,"y":"<"}]`: `"audit_attributes":[{"x":null,"y":"<"}]`,
		`[{"attribute_id":null}]`:                                          `"audit_attributes":[{}]`,
		`[{"cls":1,"attribute_id":"1"}]`:                                   `"audit_attributes":[{"attribute_id":"1","mistyped":{"cls":1}}]`,
		`[{"\u0063ls":1}]`:                                                 `"audit_attributes":[{"mistyped":{"cls":1}}]`,
		`[{"attribute_id":1}]`:                                             `"mistyped":{"audit_attributes":[{"attribute_id":1}]}`,
		`[]`:                                                               `"audit_attributes":[]`,
		`"none"`:                                                           `"mistyped":{"audit_attributes":"none"}`,
	} {
		want = `"time":"2026-11-01T00:00:01.000000Z",` + want
		if got := written(t, auditShape, `"subsystem":"api","audit_attributes":`+sent); got != want {
			t.Errorf("%s:\n got %s\nwant %s", sent, got, want)
		}
	}
}

// written returns what is written of an event, without what every one has.
func written(t *testing.T, s shape, members string) string {
	t.Helper()
	text := s.append(nil, record(t, at(1, "a", members)))
	if !json.Valid(text) {
		t.Fatalf("not JSON: %s", text)
	}
	subsystem := fmt.Sprintf(`,"subsystem":%q`, map[bool]string{true: "api", false: "auth"}[s.attributes])
	kept := strings.Replace(string(text), subsystem, "", 1)
	return strings.TrimSuffix(strings.TrimPrefix(kept, "{"), "}")
}

func record(t testing.TB, event string) *audit.Record {
	t.Helper()
	r, err := audit.DecodeEvent([]byte(event), "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEveryDocumentedMemberIsWritten(t *testing.T) {
	t.Parallel()
	for kind, s := range map[string]shape{"auth": authShape, "api": auditShape} {
		var members []string
		want := []string{"org_id", "subsystem", "time"}
		for _, field := range s.fields {
			members = append(members, fmt.Sprintf("%q:%q", field, field))
			want = append(want, string(field))
		}
		var got map[string]string
		decode(t, s.append(nil, record(t, at(1, "a", `"subsystem":"`+kind+`","org_id":"o",`+strings.Join(members, ",")))), &got)
		var names []string
		for name, value := range got {
			names = append(names, name)
			if slices.Contains(members, fmt.Sprintf("%q:%q", name, name)) && value != name {
				t.Errorf("%s is %q", name, value)
			}
		}
		slices.Sort(names)
		slices.Sort(want)
		if !slices.Equal(names, want) {
			t.Errorf("%s: got %v, want %v", kind, names, want)
		}
	}
}

func BenchmarkPageOf500(b *testing.B) {
	event := at(1, "a", `"subsystem":"auth","application_name":"VPN Gateway","client_id":"client-4","event_name":"Policy Evaluation",
		"issuer":"https://auth.org0.example","login_org_id":"org-000","org_id":"org-000","org_name":"Organisation 0",
		"request_id":"req-61fc165e1e828e7c63ee","result":"DoMfa","session":"ses-2ccbfacf26f81391098716","source_ip":"132.0.0.193",
		"trace_id":"52ab1d5152ef80dfe96e9be51ac20f0d","upstream_idp":"okta","upstream_user_id":"person112@org0.example",
		"user_agent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)","user_id":"user-000112"`)
	r := record(b, event)
	b.ReportAllocs()
	for b.Loop() {
		var page []byte
		for range 500 {
			page = authShape.append(page[:0], r)
		}
	}
}
