package destination_test

import (
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// spec is a whole destination, in which the tests change one thing.
const whole = `{"metadata":{"label":1},"spec":{"enabled":true,"name":"n","org_id":"o","destination_type":"webhook","location":"https://h/","comment":"c",` +
	`"filters":[{"filter_type":"subsystem","value":"access","or_list":["a"],"x":[]}],"max_events_per_transaction":5,` +
	`"authentication":{"authentication_type":"oauth2","http_basic":{"username":"u","password":"_+\\S","x":1},"http_bearer":{"token":"t","x":2},` +
	`"oauth2":{"token_url":"https://t","client_id":"c","client_secret":"s","scopes":["p"],"federated_audience":"f","bearer_fingerprint":"b","x":3},"x":4},` +
	`"webhook_settings":{"format":"unified","x":5},"routing":{"external":false,"x":6},"x":{"y":null}},"x":"é"}`

func TestWhatIsReadIsWrittenAsItWas(t *testing.T) {
	t.Parallel()
	d, err := destination.Parse([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(whole, `{"label":1}`, `{"id":"","created":"0001-01-01T00:00:00.000000Z","updated":"0001-01-01T00:00:00.000000Z","label":1}`, 1)
	if got := string(d.JSON()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	open := string(d.WithoutSecrets().JSON())
	if !strings.Contains(open, `"authentication":{"authentication_type":"oauth2","oauth2":{"token_url":"https://t","client_id":"c","scopes":["p"],`+
		`"federated_audience":"f","bearer_fingerprint":"b"}},`) {
		t.Errorf("without secrets %s", open)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ replace, by, want string }{
		{`"enabled":true,`, ``, "spec.enabled: is missing"},
		{`"enabled":true`, `"enabled":null`, "spec.enabled: is missing"},
		{`"enabled":true`, `"enabled":"True"`, "spec.enabled: must be true or false"},
		{`"name":"n"`, `"name":7`, "spec.name: must be a string"},
		{`"name":"n"`, `"name":"n","name":8`, "spec.name: must be a string"},
		{`"name":"n"`, `"name":"` + strings.Repeat("é", 129) + `"`, "spec.name: is longer than 128 characters"},
		{`"org_id":"o",`, ``, "spec.org_id: is missing"},
		{`"destination_type":"webhook"`, `"destination_type":"connector"`, "spec.destination_type: no connector is known to this server; use file, webhook, syslog or graylog"},
		{`"destination_type":"webhook"`, `"destination_type":"pigeon"`, "spec.destination_type: must be file, webhook, syslog or graylog"},
		{`"filters":[{"filter_type":"subsystem","value":"access","or_list":["a"],"x":[]}]`, `"filters":{}`, "spec.filters: must be a list"},
		{`"filter_type":"subsystem",`, ``, "spec.filters[0].filter_type: is missing"},
		{`"value":"access"`, `"value":1`, "spec.filters[0].value: must be a string"},
		{`"or_list":["a"]`, `"or_list":["a",1]`, "spec.filters[0].or_list[1]: must be a string"},
		{`"max_events_per_transaction":5`, `"max_events_per_transaction":1.5`, "spec.max_events_per_transaction: must be a whole number from 1 to 2147483647"},
		{`"authentication_type":"oauth2"`, `"authentication_type":"magic"`, "spec.authentication.authentication_type: must be none, http_basic, http_bearer, agilicus_bearer, client_certificate or oauth2"},
		{`"authentication_type":"oauth2","http_basic":{"username":"u","password":"_+\\S","x":1}`, `"authentication_type":"http_basic"`, "spec.authentication.http_basic: is missing, which the authentication_type needs"},
		{`"username":"u"`, `"username":"u:v"`, "spec.authentication.http_basic.username: must not contain ':', as RFC 7617 has it"},
		{`"username":"u",`, ``, "spec.authentication.http_basic.username: is missing"},
		{`"token":"t"`, `"token":"***"`, "spec.authentication.http_bearer.token: must be letters, digits and -._~+/=, as RFC 6750 has it"},
		{`"token_url":"https://t"`, `"token_url":"ldap://t"`, "spec.authentication.oauth2.token_url: must be an address like https://host/path"},
		{`"client_secret":"s"`, `"client_secret":"` + strings.Repeat("s", 1025) + `"`, "spec.authentication.oauth2.client_secret: is longer than 1024 characters"},
		{`"format":"unified"`, `"format":"csv"`, "spec.webhook_settings.format: must be agilicus or unified"},
		{`"external":false`, `"external":0`, "spec.routing.external: must be true or false"},
		{`"routing":{"external":false,"x":6}`, `"routing":[]`, "spec.routing: must be an object"},
		{`"x":{"y":null}`, `"cls":1`, "spec.cls: is a name that clients of this API keep for themselves; choose another"},
		{`"label":1`, `"updated":"soon"`, "metadata.updated: must be an RFC 3339 date and time"},
	} {
		if strings.Count(whole, test.replace) != 1 {
			t.Fatalf("%s stands there %d times", test.replace, strings.Count(whole, test.replace))
		}
		_, err := destination.Parse([]byte(strings.Replace(whole, test.replace, test.by, 1)))
		if !isCode(err, audit.BadUserInput) || err.Error() != test.want {
			t.Errorf("%s:\ngot  %v\nwant %s", test.by, err, test.want)
		}
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	record := func(event string) *audit.Record {
		r, err := audit.DecodeEvent([]byte(`{"unique_id":"u","create_time":"2026-01-01T00:00:00Z","event":`+event+`}`), "o")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	access := record(`{"log_type":"access","hostname":"h","audit_agent_id":"7","response_code":200,"cached":true,"sub":null,"list":["a"],"t\u00f6p":"x","deep":{"a":"b"}}`)
	for filters, want := range map[string]bool{
		``:                                       true,
		`{"filter_type":"hostname"}`:             true,
		`{"filter_type":"nothing"}`:              true,
		`{"filter_type":"nothing","or_list":[]}`: true,
		`{"filter_type":"hostname","value":"h"}`: true,
		`{"filter_type":"hostname","value":"H"}`: false,
		`{"filter_type":"hostname","value":"x","or_list":["h"]}`:                                        true,
		`{"filter_type":"hostname","value":"h","or_list":["x"]}`:                                        true,
		`{"filter_type":"hostname","or_list":["x","y"]}`:                                                false,
		`{"filter_type":"phase","value":"p"}`:                                                           false,
		`{"filter_type":"phase","value":""}`:                                                            false,
		`{"filter_type":"audit_agent_id","value":"7"}`:                                                  true,
		`{"filter_type":"response_code","value":"200"}`:                                                 true,
		`{"filter_type":"cached","value":"true"}`:                                                       true,
		`{"filter_type":"sub","value":"null"}`:                                                          false,
		`{"filter_type":"list","value":"a"}`:                                                            false,
		`{"filter_type":"deep.a","value":"b"}`:                                                          false,
		`{"filter_type":"töp","value":"x"}`:                                                             true,
		`{"filter_type":"subsystem","value":"access"}`:                                                  true,
		`{"filter_type":"hostname","value":"h"},{"filter_type":"audit_agent_type","value":"connector"}`: false,
		`{"filter_type":"hostname","value":"h"},{"filter_type":"audit_agent_id","or_list":["7"]}`:       true,
	} {
		d := webhook(t, "o", "n", `,"filters":[`+filters+`]`) // the last of a name counts
		if got := d.Spec.Filters.Matches(access); got != want {
			t.Errorf("%s: %v", filters, got)
		}
	}
	both := webhook(t, "o", "n", `,"filters":[{"filter_type":"subsystem","value":"access"}]`).Spec.Filters
	if both.Matches(record(`{"subsystem":"logs","log_type":"access"}`)) {
		t.Error("log_type counted beside a subsystem")
	}
}
