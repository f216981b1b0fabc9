package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func textGroup() group {
	return group{name: "text", records: prose, checks: []check{
		{"words", checkSearches("payroll", "PAYROLL denied", "denied -payroll", "pay*", "p*", "zzz", "zzz*", "NOT zzz", "okta OR google",
			"-(okta OR google)", "10", "126.0.0.1", "126.0.0", "0.0", "under_score", "under", "résumé", "resume", "per-son")},
		{"phrases", checkSearches(`"water scada"`, `"scada water"`, `"water s"*`, `"water scada denied"`, `"first second"`, `"one two three"`,
			`"two one"`, `"one two one"`, `"the end the"`, `-"water scada"`, `"a a a"`, `"a b a"`)},
		{"fields", checkSearches(`user:ann`, `user:ANN`, `user:an*`, `application_name:water`, `app:"water scada"`, `app:scada`, `idp:okta`,
			`event:token`, `event:"policy evaluation"`, `result:denied`, `result:den*`, `has:session`, `-has:session`, `extra.note:"first"`,
			`has:extra.note`, `source_ip:126.0.0.1`, `source_ip:126.0.0.0/8`, `time:>=2026-03-01`, `time:<2026-03-01T06:00:03Z`, `*`, ``,
			`user:*`, `user_agent:firefox*`, `description:résumé`)},
		{"unique_id", checkSearches(`prose-7`, `unique_id:prose-7`, `unique_id:prose*`, `prose`, `"prose 11"`)},
	}}
}

func checkSearches(searches ...string) func(testing.TB, *subject) {
	return func(t testing.TB, s *subject) {
		found := 0
		for _, search := range searches {
			node, err := query.Parse(search, epoch)
			if err != nil {
				t.Errorf("parse %s: %v", search, err)
				continue
			}
			found += s.Oracle.Count(where(node))
			if err := s.walkBoth(where(node), 5); err != nil {
				t.Errorf("%s: %v", search, err)
			}
		}
		if found < len(searches) {
			t.Errorf("the check is wrong: %d searches find %d records", len(searches), found)
		}
	}
}

// prose are records that differ in their words.
func prose() []*audit.Record {
	var records []*audit.Record
	for i, members := range []string{
		`"event_name":"Policy Evaluation","application_name":"Water SCADA","result":"Denied","user_id":"Ann","session":"s1"`,
		`"event_name":"Token","application_name":"Scada Water","result":"Granted","user_id":"ann","upstream_idp":"okta"`,
		`"event_name":"Token","application_name":"Payroll","result":"Denied","user_id":"anna","upstream_idp":"Okta"`,
		`"event_name":"Token","application_name":"payroll","result":"Granted","upstream_idp":"google","session":""`,
		`"event_name":"Token","application_name":"Water","note":"scada"`,
		`"event_name":"Token","note":["first","second"],"user_agent":"Firefox/134.0"`,
		`"event_name":"Token","note":"first second"`,
		`"event_name":"Token","note":{"water":"x","scada":"y"}`,
		`"event_name":"Token","source_ip":"126.0.0.1"`,
		`"event_name":"Token","source_ip":"126.0.1.0","note":"0.0.126"`,
		`"event_name":"Token","note":"one two one two three"`,
		`"event_name":"Token","note":"two one, the end: the end"`,
		`"event_name":"Token","note":"under_score per-son","event":"policy  evaluation"`,
		`"api_name":"Token","description":"my Résumé, denied","action":"pay"`,
		`"api_name":"x","audit_attributes":[{"attribute_name":"payroll"},{"attribute_id":"denied"}]`,
		`"log_type":"access","path":"/payroll/denied?a=1"`,
		`"note":"a b a a b a a a"`, `"note":"a b b a"`, `"n":10,"payroll":1`, `"note":"10"`, ``,
	} {
		records = append(records, event(fmt.Sprintf("prose-%d", i), epoch.Add(time.Duration(i/4)*time.Second), members))
	}
	return records
}
