package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/terminal"
)

// doubtful is an attempt as the API tells of it: of its records one is tied by its
// trace and one by its session, and one id was not followed.
const doubtful = `{
	"id": "flow-1", "requestId": "req-7e26981b38af4f57", "orgId": "org-2", "outcome": "TIMED_OUT", "startedAt": "2026-11-22T19:15:14Z",
	"durationMs": 35200, "userId": "user-5", "upstreamUserId": "佐藤花子@org2.example", "applicationName": "Water SCADA", "upstreamIdp": "okta",
	"sourceIps": ["203.0.113.15"], "userAgents": [], "tokenIds": ["tok-1"],
	"stages": [
		{"eventName": "Authentication Request", "result": "InProgress", "startedAt": "2026-11-22T19:15:14Z", "gapMs": 0, "records": [{"uniqueId": "a-1"}]},
		{"eventName": "Policy Evaluation", "result": "DoMfa", "startedAt": "2026-11-22T19:15:19Z", "gapMs": 5000, "records": [{"uniqueId": "a-2"}]},
		{"eventName": "MFA Challenge", "result": "Create", "startedAt": "2026-11-22T19:15:19.2Z", "gapMs": 200, "records": [{"uniqueId": "a-3"}, {"uniqueId": "a-4"}]},
		{"eventName": null, "result": "Timeout", "startedAt": "2026-11-22T19:15:49.2Z", "gapMs": 30000, "records": [{"uniqueId": "a-5"}]}],
	"links": [
		{"record": {"uniqueId": "a-1"}, "via": "REQUEST", "strength": "CERTAIN"}, {"record": {"uniqueId": "a-2"}, "via": "TRACE", "strength": "STRONG"},
		{"record": {"uniqueId": "a-3"}, "via": "REQUEST", "strength": "CERTAIN"}, {"record": {"uniqueId": "a-4"}, "via": "SESSION", "strength": "WEAK"},
		{"record": {"uniqueId": "a-5"}, "via": "REQUEST", "strength": "CERTAIN"}],
	"conflicts": [{"key": "trace_id", "value": "52ab1d5152ef80df", "reason": "it is on the records of 2 users"}],
	"verdict": {"text": "佐藤花子@org2.example could not sign in to Water SCADA: a step timed out 35 s after the attempt began."}}`

func TestAFlowIsDrawnWithItsDoubtsToFitTheScreen(t *testing.T) {
	t.Parallel()
	var f flowView
	if err := json.Unmarshal([]byte(doubtful), &f); err != nil {
		t.Fatal(err)
	}
	when := f.StartedAt.Local().Format("Monday 2 January 2006 15:04:05.000 MST")
	for _, test := range []struct {
		width int
		want  string
	}{
		{60, `! TIMED OUT  佐藤花子@org2.example → Water SCADA

佐藤花子@org2.example could not sign in to Water SCADA: a
step timed out 35 s after the attempt began.

WHEN · 35.200s
through okta · from 203.0.113.15
request req-7e26981b38af4f57 · org org-2 · token tok-1

STAGE                 RESULT      0        20s           GAP
Authentication Requ…  InProgress  ●
Policy Evaluation     DoMfa       ━━◐                +5.000s
MFA Challenge ×2      Create        ○                +0.200s
-                     Timeout       ━━━━━━━━━━━━━●  +30.000s

◐ tied by the trace, which is strong: a-2
○ tied by the session, which is weak: a-4
! not followed: trace_id 52ab1d5152ef80df: it is on the
  records of 2 users
`},
		{100, `! TIMED OUT  佐藤花子@org2.example → Water SCADA

佐藤花子@org2.example could not sign in to Water SCADA: a step timed out 35 s after the attempt
began.

WHEN · 35.200s
through okta · from 203.0.113.15
request req-7e26981b38af4f57 · org org-2 · token tok-1

STAGE                   RESULT           AT  0            10s         20s          30s           GAP
Authentication Request  InProgress   0.000s  ●
Policy Evaluation       DoMfa        5.000s  ━━━━━━◐                                         +5.000s
MFA Challenge ×2        Create       5.200s        ━○                                        +0.200s
-                       Timeout     35.200s         ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━●  +30.000s

◐ tied by the trace, which is strong: a-2
○ tied by the session, which is weak: a-4
! not followed: trace_id 52ab1d5152ef80df: it is on the records of 2 users
`},
	} {
		drawn, err := f.drawn(terminal.Screen{Width: test.width})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(drawn, when, "WHEN"); got != test.want {
			t.Errorf("in %d columns: got\n%s\nwant\n%s", test.width, got, test.want)
		}
	}
}
