package query

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

const signIn = `{
	"time": "2026-11-04T09:00:00.5Z", "unique_id": "smp-000000008", "org_id": "org-000", "user_id": "user-000112",
	"upstream_user_id": "Person112@org0.example", "event_name": "Policy Evaluation", "result": "Denied",
	"application_name": "VPN Gateway", "source_ip": "::ffff:132.0.0.193", "session": "", "stage": "Zoë",
	"user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
	"device": {"os": "Linux", "version": 12, "managed": true, "tags": ["red", "blue"], "owner": null, "note": ""}
}`

const apiCall = `{
	"time": "2026-11-04T09:00:00Z", "unique_id": "api-1", "action": "update", "source_ip": "2001:DB8:0::1%eth0",
	"audit_attributes": [
		{"attribute_type": "application", "attribute_id": "app-96", "attribute_org_id": "org-003"},
		{"attribute_type": "connector", "attribute_id": "con-ec", "attribute_org_id": "org-004"}
	]
}`

func TestSearchesMatchWhatTheyDescribe(t *testing.T) {
	t.Parallel()
	check := func(record string, finds bool, searches ...string) {
		d := documentOf(t, record)
		for _, search := range searches {
			n, err := Parse(search, testNow)
			if err != nil {
				t.Errorf("%s: %v", search, err)
			} else if Match(n, d) != finds {
				t.Errorf("%s: matches is %v, want %v", search, !finds, finds)
			}
		}
	}
	check(signIn, true, "", "*", "denied", "DENIED vpn", "zoe", "Zoe\u0308", `"vpn gateway"`, `"vpn gate"*`, "gate*",
		"person112@org0.example", "000112", "smp-000000008", "linux red", "blue", "-chrome", "okta OR vpn", "okta OR -okta",
		"result:denied", "result:DEN*", "stage:zoe", "user:person112@*", "user:user-000112", "event:policy*",
		`event:"policy evaluation"`, "app:vpn", "app:gateway", "app:gat*", `app:"vpn gateway"`, "user_agent:firefox/140",
		"source_ip:132.0.0.193", "source_ip:132.0.0.0/8", "source_ip:::ffff:132.0.0.193", "source_ip:0.0.0.0/0",
		"source_ip:::ffff:*", "has:result", "has:user", "-has:session", "-has:request_id", "has:time",
		"extra.device.os:LINUX", "extra.device.os:lin*", "extra.device.version:12", "extra.device.managed:true",
		"extra.device.tags:blue", "has:extra.device.os", "-has:extra.device.note", "-has:extra.device.owner", "-has:extra.device",
		"time:2026-11-04", "time:yesterday", "time:>=2026-11-04T09:00:00.5Z", "time:<=2026-11-04T09:00:00.5Z",
		"time:2026-11-04T09:00:00.5Z", "time:>=now-2days time:<now")
	check(signIn, false, "-*", "-denied", "denied okta", "gate", `"gateway vpn"`, `"vpn gateway denied"`, `"red blue"`, "112", "12", "device", "true",
		`"denied vpn"`, "result:den", "result:evaluation", "event:policy", "app:vpngateway", `app:"gateway vpn"`,
		"source_ip:133.0.0.0/8", "source_ip:132.*", "source_ip:::/0", "has:session", "has:request_id",
		"extra.device.os:lin", "extra.os:linux", "has:extra.device.note", "has:extra.device.owner",
		"time:2026-11-05", "time:>2026-11-04", "time:<2026-11-04", "time:>2026-11-04T09:00:00.5Z", "time:<2026-11-04T09:00:00.5Z")
	check(apiCall, true, "source_ip:2001:db8::1", "source_ip:2001:db8::/32", `source_ip:2001:DB8:0::1%*`,
		"attribute_id:con-ec", "attribute_type:connector attribute_id:app-96", `"con ec"`, "source_ip:::/0")
	check(apiCall, false, "source_ip:2001:db9::/32", "source_ip:0.0.0.0/0", "has:session", "attribute_id:con")
}

func TestFiltersMatchExactly(t *testing.T) {
	t.Parallel()
	sign, call := documentOf(t, signIn), documentOf(t, apiCall)
	ten := int64(10)
	for _, test := range []struct {
		node Node
		in   Document
		want bool
	}{
		{nil, sign, true},
		{Exact{Field: Result, Values: []string{"Other", "Denied"}}, sign, true},
		{Exact{Field: Result, Values: []string{"denied"}}, sign, false},
		{Exact{Field: Result}, sign, false},
		{ExactPrefix{Field: UserID, Prefix: "user-"}, sign, true},
		{ExactPrefix{Field: UserID, Prefix: "User-"}, sign, false},
		{FieldValue{Field: Result, Prefix: true}, sign, true},
		{FieldValue{Field: Session, Prefix: true}, sign, false},
		{Words{}, sign, false},
		{NumberRange{Field: UniqueID, Min: new(int64)}, sign, false},
		{NumberRange{Field: "count", Min: new(int64), Max: &ten}, testDocument{"count": "9"}, true},
		{NumberRange{Field: "count", Max: &ten}, testDocument{"count": "10"}, false},
		{NumberRange{Field: "count", Min: &ten}, testDocument{"count": "10"}, true},
		{TimeRange{}, sign, true},
		{TimeRange{From: sign.Time(), To: sign.Time()}, sign, false},
		{TimeRange{From: sign.Time(), To: sign.Time().Add(1)}, sign, true},
		{Attribute{Types: []string{"connector"}, IDs: []string{"app-96"}}, call, false},
		{Attribute{Types: []string{"connector", "application"}, IDs: []string{"app-96"}}, call, true},
		{Attribute{}, call, true},
		{Attribute{}, sign, false},
		{Attribute{}, struct{ Document }{call}, false},
	} {
		if got := Match(test.node, test.in); got != test.want {
			t.Errorf("%v matches is %v, want %v", test.node, got, test.want)
		}
	}
}

// What normalising does to a tree never changes what it finds.
func TestSimplifiedTreesFindTheSame(t *testing.T) {
	t.Parallel()
	documents := []Document{documentOf(t, signIn), documentOf(t, apiCall)}
	leaf := rapid.SampledFrom([]Node{
		nil, All{}, None{}, wordsOf("denied"), wordsOf("update"), Has{Result}, Not{Has{Result}}, And{}, Or{},
		TimeRange{From: time.Date(2026, 11, 4, 9, 0, 0, 1, time.UTC)}, TimeRange{To: time.Date(2026, 11, 4, 9, 0, 0, 1, time.UTC)},
		TimeRange{From: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)},
		And{[]Node{wordsOf("denied"), Has{Result}}}, Or{[]Node{wordsOf("denied"), Has{Action}}},
	})
	rapid.Check(t, func(t *rapid.T) {
		nodes := rapid.SliceOfN(leaf, 0, 5).Draw(t, "nodes")
		for _, d := range documents {
			if Match(AllOf(nodes...), d) != Match(And{nodes}, d) {
				t.Fatalf("AllOf%v is %v", nodes, AllOf(nodes...))
			}
			if Match(AnyOf(nodes...), d) != Match(Or{nodes}, d) {
				t.Fatalf("AnyOf%v is %v", nodes, AnyOf(nodes...))
			}
			for _, n := range nodes {
				if Match(Negate(n), d) == Match(n, d) {
					t.Fatalf("Negate(%v) is %v", n, Negate(n))
				}
			}
		}
	})
}
