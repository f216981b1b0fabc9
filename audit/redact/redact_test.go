package redact_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/audit/redact"
)

func redactor(t *testing.T, rules ...string) *redact.Redactor {
	t.Helper()
	d := destination.Destination{Spec: destination.Spec{Delivery: &destination.DeliverySettings{}},
		Keys: &destination.Keys{Hashing: []byte("key")}}
	for _, rule := range rules {
		action, field, _ := strings.Cut(rule, " ")
		d.Spec.Delivery.Redactions = append(d.Spec.Delivery.Redactions, destination.Redaction{Field: field, Action: action})
	}
	r, err := redact.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func record(t *testing.T, event string) *audit.Record {
	t.Helper()
	r, err := audit.DecodeEvent([]byte(`{"unique_id":"r","create_time":"2026-01-02T03:04:05Z","user_id":"beside","event":`+event+`}`), "of-the-token")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ofX is the hash of the string x under the key "key", made with openssl dgst -hmac.
const ofX = "hmac-sha256:4fc3b7eaf34d7e594a6f51d9517ba543abf41067b27587ffd82ba3584e4d3cdd"

func TestWhatIsLeftOfAnEvent(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, rule, event, want string }{
		{"a property", "remove user_id", `{"user_id":"ann","x":1}`, `{"x":1}`},
		{"the only one", "remove user_id", `{"user_id":"ann"}`, `{}`},
		{"one sent twice", "remove user_id", `{"user_id":"ann","x":1,"user_id":"bob"}`, `{"x":1}`},
		{"one written otherwise", "remove user_id", `{"user\u005fid":"ann"}`, `{}`},
		{"inside", "remove a.b.c", `{"a":{"b":{"c":1,"d":2}},"b":{"c":3}}`, `{"a":{"b":{"d":2}},"b":{"c":3}}`},
		{"in lists", "remove a.b", `{"a":[{"b":1,"c":[]},5,[{"b":2}]]}`, `{"a":[{"c":[]},5,[{}]]}`},
		{"with a dot", "remove a.b", `{"a.b":1,"a":{"c":2}}`, `{"a":{"c":2}}`},
		{"with a dot inside", "remove a.b.c", `{"a.b":{"c":1},"a":{"b.c":2}}`, `{"a.b":{},"a":{}}`},
		{"an object", "remove a", `{"a":{"b":1},"c":[ ]}`, `{"c":[ ]}`},
		{"none", "remove a", `{"b": {"a":1}}`, `{"b": {"a":1}}`},
		{"names of others", "remove a", `{"a":1,"\"<é>":2}`, `{"\"\u003cé\u003e":2}`},
		{"null", "hash a", `{"a":null,"b":1}`, `{"a":null,"b":1}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := redactor(t, test.rule).Record(record(t, test.event))
			if string(got.Event()) != test.want {
				t.Errorf("%s is left, not %s", got.Event(), test.want)
			}
			if !strings.Contains(got.Raw, `"user_id":"beside"`) {
				t.Error("what is beside the event has changed")
			}
		})
	}
}

func TestRemovalComesBeforeHashing(t *testing.T) {
	t.Parallel()
	for _, rules := range [][]string{{"hash a", "remove a"}, {"remove a", "hash a"}} {
		if got := redactor(t, rules...).Record(record(t, `{"a":1}`)); string(got.Event()) != `{}` {
			t.Errorf("%v left %s", rules, got.Event())
		}
	}
}

func TestTheOrganisationIsHiddenWhereverItComesFrom(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ rule, event, want string }{
		{"remove org_id", `{"org_id":"a"}`, ""},
		{"remove org_id", `{}`, ""},
		{"remove org_id", `{"org":"b"}`, ""},
		{"remove org", `{"org":"b"}`, ""},
		{"remove org", `{"org":"b","org_id":"a"}`, ""},
		{"remove org", `{"org_id":"a"}`, ""},
		{"remove org", `{}`, ""},
		{"remove user_id", `{"user_id":"ann"}`, "of-the-token"},
	} {
		if got := redactor(t, test.rule).Record(record(t, test.event)); got.Org != test.want {
			t.Errorf("%s of %s: the organisation is %q", test.rule, test.event, got.Org)
		}
	}
}

// Access logs say sub and jti where others say user_id and token_id.
func TestAnIdIsHiddenUnderEachOfItsNames(t *testing.T) {
	t.Parallel()
	const hash = `"` + ofX + `"`
	for _, test := range []struct {
		rules       []string
		event, want string
	}{
		{[]string{"remove jti"}, `{"jti":"x","token_id":"y","a":1}`, `{"a":1}`},
		{[]string{"remove token_id"}, `{"jti":"x","a":1}`, `{"a":1}`},
		{[]string{"hash token_id"}, `{"jti":"x"}`, `{"jti":` + hash + `}`},
		{[]string{"hash sub"}, `{"sub":1,"user_id":"x"}`, `{"sub":"` + redactor(t, "hash a").Text("a", "1") + `","user_id":` + hash + `}`},
		{[]string{"remove sub", "hash user_id"}, `{"sub":"y","user_id":"x"}`, `{"user_id":` + hash + `}`},
		{[]string{"remove user_id.a"}, `{"sub":{"a":1},"user_id":{"a":1}}`, `{"sub":{"a":1},"user_id":{}}`},
	} {
		got := redactor(t, test.rules...).Record(record(t, test.event))
		if string(got.Event()) != test.want {
			t.Errorf("%v of %s leave %s", test.rules, test.event, got.Event())
		}
		for _, field := range []query.Field{query.UserID, query.TokenID} {
			if value, _ := got.Get(field); value == "x" || value == "y" {
				t.Errorf("%v of %s leave the %s %s", test.rules, test.event, field, value)
			}
		}
	}
	for hidden, property := range map[string]string{"jti": "token_id", "token_id": "jti", "sub": "user_id", "user_id": "sub", "org": "org_id"} {
		if r := redactor(t, "remove "+hidden); r.Text(property, "x") != "" || !r.Hides(property) {
			t.Errorf("without %s there is still %s", hidden, property)
		}
	}
}

func TestARecordIsOtherwiseTheSame(t *testing.T) {
	t.Parallel()
	r := record(t, `{"event_name":"Token","user_id":"ann","time":"2025-01-01T00:00:00Z"}`)
	got := redactor(t, "remove user_id").Record(r)
	if got.Kind != r.Kind || got.Key() != r.Key() || !got.Time.Equal(r.Time) || !got.CreateTime.Equal(r.CreateTime) {
		t.Errorf("%+v is not like %+v", got, r)
	}
	if got := redactor(t, "remove time").Record(r); !got.Time.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Errorf("the time is %s", got.Time)
	}
	if redactor(t, "remove other").Record(r) != r {
		t.Error("a record without what is redacted was made anew")
	}
}

func TestTheHashIsHMACSHA256(t *testing.T) {
	t.Parallel()
	if got := redactor(t, "hash a").Text("a", "x"); got != ofX {
		t.Errorf("%s", got)
	}
}

// Whoever writes a redaction reads of it in one of these places.
func TestTheTwoNamesOfAnIdAreSaidWhereverRedactionsAreDescribed(t *testing.T) {
	t.Parallel()
	for file, times := range map[string]int{"schema.graphqls": 2, "rest/openapi.json": 1, "docs/destinations.md": 1, "docs/formats.md": 1} {
		text, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Join(strings.Fields(string(text)), " ")
		if strings.Count(words, "`user_id` and `sub`, `token_id` and `jti`, `org_id` and `org` are two names of one id") != times {
			t.Errorf("%s does not say which names belong together", file)
		}
	}
}
