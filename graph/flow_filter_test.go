package graph_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/graph"
)

// filteredFlows are flows that differ in whatever they can be filtered by. Each goes by
// the unique_id of its first record.
var filteredFlows = []string{
	// Succeeded after a wrong code. It names everything, and its last record lost the request id.
	step("whole", "00:00:00", `"request_id":"ra","event_name":"Authentication Request","result":"InProgress","trace_id":"t1","source_ip":"10.1.2.3","user_agent":"Firefox 1"`),
	step("whole-2", "00:00:01", `"request_id":"ra","event_name":"MFA Challenge","result":"Failure","user_id":"ann","upstream_user_id":"ann@x","trace_id":"t2"`),
	step("whole-3", "00:00:04", `"request_id":"ra","event_name":"Token","result":"Success","user_id":"ann","upstream_idp":"okta","application_name":"Payroll",
	  "session":"s","token_id":"k","source_ip":"2001:db8::1","user_agent":"Safari 2"`),
	step("whole-4", "00:00:05", `"event_name":"Token","result":"Success","token_id":"k"`),
	// Denied, in another org.
	`{"unique_id":"denied","create_time":"2026-11-08T01:00:00Z","event":{"org_id":"p","request_id":"rb","event_name":"Policy Evaluation","result":"Denied",
	  "user_id":"bob","upstream_user_id":"bob@y","application_name":"Wiki","upstream_idp":"google","source_ip":"192.0.2.1"}}`,
	// Nothing decided these two: one is long silent, one not.
	step("silent", "02:00:00", `"request_id":"rc","event_name":"Authentication Request","result":"InProgress"`),
	step("going", "23:50:00", `"request_id":"rd","event_name":"Authentication Request","result":"InProgress","user_agent":"curl"`),
	// Two users in one trace, which is not followed.
	step("alone-1", "03:00:00", `"event_name":"Token","result":"Success","user_id":"cid","trace_id":"shared"`),
	step("alone-2", "03:00:01", `"event_name":"Token","result":"Success","user_id":"dot","trace_id":"shared"`),
}

// flowFilters are filters, and the flows that each finds, latest start first.
var flowFilters = [][2]string{
	{`{}`, "going alone-2 alone-1 silent denied whole"},
	{`{outcome: null, userId: {}, durationMs: {}, startedAt: {}, missing: [], and: []}`, "going alone-2 alone-1 silent denied whole"},
	{`{outcome: {eq: SUCCEEDED}}`, "alone-2 alone-1 whole"},
	{`{outcome: {eq: DENIED}}`, "denied"},
	{`{outcome: {eq: ABANDONED}}`, "silent"},
	{`{outcome: {eq: IN_PROGRESS}}`, "going"},
	{`{outcome: {in: [IN_PROGRESS, ABANDONED]}}`, "going silent"},
	{`{outcome: {in: [DENIED, ABANDONED]}}`, "silent denied"},
	{`{outcome: {in: []}}`, ""},
	{`{outcome: {notIn: [SUCCEEDED, IN_PROGRESS]}}`, "silent denied"},
	{`{outcome: {eq: DENIED, notIn: [DENIED]}}`, ""},
	{`{not: {outcome: {in: [SUCCEEDED, ABANDONED]}}}`, "going denied"},
	{`{requestId: {prefix: "r"}}`, "going silent denied whole"},
	{`{requestId: {exists: false}}`, "alone-2 alone-1"},
	{`{recordId: {eq: "whole-4"}}`, "whole"},
	{`{recordId: {in: ["alone-1", "denied", "none"]}}`, "alone-1 denied"},
	{`{orgId: {eq: "p"}}`, "denied"},
	{`{orgId: {notIn: ["p"]}}`, "going alone-2 alone-1 silent whole"},
	{`{userId: {eq: "ann"}}`, "whole"},
	{`{userId: {eq: "Ann"}}`, ""},
	{`{userId: {notIn: ["ann", "bob"]}}`, "going alone-2 alone-1 silent"},
	{`{upstreamUserId: {prefix: "bob@"}}`, "denied"},
	{`{applicationName: {in: ["Payroll", "payroll"]}}`, "whole"},
	{`{upstreamIdp: {exists: true}}`, "denied whole"},
	{`{upstreamIdp: {eq: "okta"}}`, "whole"},
	{`{sourceIp: {cidr: "10.0.0.0/8"}}`, "whole"},
	{`{sourceIp: {cidr: "2001:db8::/32"}}`, "whole"},
	{`{sourceIp: {cidr: "0.0.0.0/0"}}`, "denied whole"},
	{`{sourceIp: {eq: "10.1.2.3"}, and: [{sourceIp: {eq: "2001:db8::1"}}]}`, "whole"},
	{`{sourceIp: {notIn: ["192.0.2.1"], exists: true}}`, "whole"},
	{`{userAgent: {prefix: "Safari"}}`, "whole"},
	{`{userAgent: {in: ["curl", "Firefox 1"]}}`, "going whole"},
	{`{session: {eq: "s"}, tokenId: {eq: "k"}}`, "whole"},
	{`{traceId: {eq: "t2"}}`, "whole"},
	{`{traceId: {eq: "shared"}}`, "alone-2 alone-1"},
	{`{lastStage: {eq: "Token"}}`, "alone-2 alone-1 whole"},
	{`{failedStage: {eq: "Policy Evaluation"}}`, "denied"},
	{`{failedStage: {exists: false}}`, "going alone-2 alone-1 silent whole"},
	{`{stage: {eq: "MFA Challenge"}}`, "whole"},
	{`{shape: {prefix: "Policy"}}`, "denied"},
	{`{startedAt: {gte: "2026-11-08T01:00:00Z", lt: "2026-11-08T03:00:01Z"}}`, "alone-1 silent denied"},
	{`{startedAt: {gte: "now-1hour"}}`, "going"},
	{`{startedAt: {gte: "2026-11-08T04:00:00+01:00", lt: "2026-11-08T04:00:00.000000001+01:00"}}`, "alone-1"},
	{`{endedAt: {gte: "2026-11-08T00:00:05Z", lt: "now-22hours"}}`, "denied whole"},
	{`{endedAt: {gte: "2027-01-01"}}`, ""},
	{`{endedAt: {gte: "2026-11-09", lt: "2026-11-08"}}`, ""},
	{`{durationMs: {gte: 5000, lt: 5001}}`, "whole"},
	{`{durationMs: {lt: 1}}`, "going alone-2 alone-1 silent denied"},
	{`{durationMs: {gte: -2147483648, lt: 2147483647}}`, "going alone-2 alone-1 silent denied whole"},
	{`{durationMs: {gte: 2, lt: 1}}`, ""},
	{`{retries: {gte: 1}}`, "whole"},
	{`{retries: {lt: 1}}`, "going alone-2 alone-1 silent denied"},
	{`{closed: false}`, "going"},
	{`{closed: true}`, "alone-2 alone-1 silent denied whole"},
	{`{via: {eq: TOKEN}}`, "whole"},
	{`{via: {in: [RECORD, TOKEN]}}`, "alone-2 alone-1 whole"},
	{`{via: {notIn: [REQUEST]}}`, "alone-2 alone-1"},
	{`{conflict: {exists: true}}`, "alone-2 alone-1"},
	{`{conflict: {eq: "trace_id=shared"}}`, "alone-2 alone-1"},
	{`{missing: [REQUEST]}`, "alone-2 alone-1"},
	{`{missing: [SESSION]}`, "going alone-2 alone-1 silent denied"},
	{`{missing: [TOKEN, TRACE]}`, "going silent denied"},
	{`{missing: [USER]}`, "going silent"},
	{`{missing: [UPSTREAM_USER]}`, "going alone-2 alone-1 silent"},
	{`{missing: [APPLICATION, UPSTREAM_IDP]}`, "going alone-2 alone-1 silent"},
	{`{missing: [SOURCE_IP, USER_AGENT]}`, "alone-2 alone-1 silent"},
	{`{not: {missing: [SESSION]}}`, "whole"},
	{`{or: [{userId: {eq: "ann"}}, {missing: [USER]}]}`, "going silent whole"},
	{`{or: []}`, ""},
	{`{outcome: {in: [SUCCEEDED, DENIED]}, applicationName: {exists: true}, sourceIp: {cidr: "192.0.2.0/24"}, retries: {lt: 1}}`, "denied"},
	{`{or: [{outcome: {eq: IN_PROGRESS}}, {and: [{retries: {gte: 1}}, {not: {conflict: {exists: true}}}]}], not: {userAgent: {eq: "curl"}}}`, "whole"},
}

func TestFiltersOfFlows(t *testing.T) {
	t.Parallel()
	checkFlowFilters(t, newAPI(t, filteredFlows...))
}

func TestFiltersOfFlowsOnElasticsearch(t *testing.T) {
	t.Parallel()
	a, _ := elasticAPI(t)
	a.add(t, filteredFlows...)
	checkFlowFilters(t, a)
}

func checkFlowFilters(t *testing.T, a *api) {
	t.Helper()
	for _, order := range []string{"STARTED_AT", "ENDED_AT"} { // in which these flows come alike
		for _, test := range flowFilters {
			filter, want := test[0], test[1]
			var data struct {
				LoginFlows struct {
					TotalCount int
					Nodes      []struct{ Records []struct{ UniqueID string } }
					Facets     []facetValues
					Histogram  []struct{ Count int }
				}
			}
			a.ask(t, fmt.Sprintf(`{ loginFlows(filter: %s, orderBy: {field: %s}) { totalCount nodes { records { uniqueId } }
			  histogram(interval: HOUR) { count } facets(fields: [OUTCOME]) { values { count } } } }`, filter, order), nil, &data)
			var got []string
			for _, flow := range data.LoginFlows.Nodes {
				got = append(got, flow.Records[0].UniqueID)
			}
			if strings.Join(got, " ") != want || data.LoginFlows.TotalCount != len(got) {
				t.Errorf("%s finds %v (%d), want %q", filter, got, data.LoginFlows.TotalCount, want)
			}
			byOutcome, byHour := 0, 0
			for _, value := range data.LoginFlows.Facets[0].Values {
				byOutcome += value.Count
			}
			for _, hour := range data.LoginFlows.Histogram {
				byHour += hour.Count
			}
			if byOutcome != len(got) || byHour != len(got) {
				t.Errorf("%s finds %d, by outcome %d, by hour %d", filter, len(got), byOutcome, byHour)
			}
		}
	}
}

type facetValues struct{ Values []valueCount }

func TestEveryMemberOfAFilterOfFlowsIsTried(t *testing.T) {
	t.Parallel()
	var tried strings.Builder
	for _, test := range flowFilters {
		tried.WriteString(test[0])
	}
	schema := graph.New(graph.Deps{}).Schema()
	for _, member := range schema.Types["LoginFlowFilter"].Fields {
		if !regexp.MustCompile(`\b` + member.Name + `: [\[{tf]`).MatchString(tried.String()) {
			t.Errorf("nothing is filtered by %s", member.Name)
		}
	}
	for _, part := range schema.Types["LoginFlowPart"].EnumValues {
		if !regexp.MustCompile(`missing: \[[A-Z_, ]*\b` + part.Name + `\b`).MatchString(tried.String()) {
			t.Errorf("no filter is of flows that miss %s", part.Name)
		}
	}
}

func TestEveryFacetOfFlowsCounts(t *testing.T) {
	t.Parallel()
	a := newAPI(t, filteredFlows...)
	want := map[string]string{
		"OUTCOME": "SUCCEEDED 3, ABANDONED 1, DENIED 1, IN_PROGRESS 1", "REQUEST_ID": "ra 1, rb 1, rc 1, rd 1", "ORG_ID": "o 5, p 1",
		"USER_ID": "ann 1, bob 1, cid 1, dot 1", "UPSTREAM_USER_ID": "ann@x 1, bob@y 1", "APPLICATION_NAME": "Payroll 1, Wiki 1",
		"UPSTREAM_IDP": "google 1, okta 1", "SOURCE_IP": "10.1.2.3 1, 192.0.2.1 1, 2001:db8::1 1", "USER_AGENT": "Firefox 1 1, Safari 2 1, curl 1",
		"SESSION": "s 1", "TOKEN_ID": "k 1", "TRACE_ID": "shared 2, t1 1, t2 1", "LAST_STAGE": "Token 3, Authentication Request 2, Policy Evaluation 1",
		"FAILED_STAGE": "Policy Evaluation 1", "STAGE": "Authentication Request 3, Token 3, MFA Challenge 1, Policy Evaluation 1",
		"VIA": "REQUEST 4, RECORD 2, TOKEN 1", "CONFLICT": "trace_id=shared 2",
		"SHAPE": "Request ⌛ 2, Token ✓ 2, Policy denied 1, Request › MFA ✗ › Token ✓ 1",
	}
	for _, value := range graph.New(graph.Deps{}).Schema().Types["LoginFlowFacetField"].EnumValues {
		var data struct {
			LoginFlows struct {
				Facets    []facetValues
				Histogram []facetValues
			}
		}
		a.ask(t, `query($field: LoginFlowFacetField!) { loginFlows { facets(fields: [$field]) { values { value count } }
		  histogram(interval: DAY, by: $field) { values { value count } } } }`, variables{"field": value.Name}, &data)
		var got []string
		for _, counted := range data.LoginFlows.Facets[0].Values {
			got = append(got, fmt.Sprint(counted.Value, " ", counted.Count))
		}
		if strings.Join(got, ", ") != want[value.Name] {
			t.Errorf("%s: %q, want %q", value.Name, strings.Join(got, ", "), want[value.Name])
		}
		if day := data.LoginFlows.Histogram[0].Values; fmt.Sprint(day) != fmt.Sprint(data.LoginFlows.Facets[0].Values) {
			t.Errorf("%s: the histogram has %v", value.Name, day)
		}
	}
}
