package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

var filtered = []string{
	`{"unique_id":"1","create_time":"2026-11-08T10:00:00Z","event":{"event_name":"Token","result":"Success","org_id":"o","user_id":"ann","source_ip":"10.1.2.3","session":"s"}}`,
	`{"unique_id":"2","create_time":"2026-11-08T11:00:00Z","event":{"event_name":"Token","result":"success","org_id":"o","user_id":"Ann","source_ip":"::ffff:10.1.2.4"}}`,
	`{"unique_id":"3","create_time":"2026-11-08T12:00:00Z","event":{"event_name":"Policy Evaluation","result":"Denied","org_id":"p","user_id":"bob","source_ip":"192.168.0.1"}}`,
	`{"unique_id":"4","create_time":"2026-11-07T23:59:59Z","event":{"event_name":"MFA Challenge","org_id":"p","user_id":"","source_ip":"2001:db8::1"}}`,
}

func TestFiltersCompareExactly(t *testing.T) {
	t.Parallel()
	a := newAPI(t, filtered...)
	for filter, want := range map[string]string{
		`{}`: "3 2 1 4",
		`{userId: null, and: null, or: null, not: null}`: "3 2 1 4",
		`{userId: {}}`:                                            "3 2 1 4",
		`{userId: {eq: "ann"}}`:                                   "1",
		`{userId: {in: ["ann", "bob"]}}`:                          "3 1",
		`{userId: {in: []}}`:                                      "",
		`{userId: {notIn: ["ann", "bob"]}}`:                       "2 4",
		`{userId: {notIn: []}}`:                                   "3 2 1 4",
		`{userId: {prefix: "a"}}`:                                 "1",
		`{userId: {exists: true}}`:                                "3 2 1",
		`{userId: {exists: false}}`:                               "4",
		`{session: {exists: false}}`:                              "3 2 4",
		`{userId: {prefix: "b", eq: "ann"}}`:                      "",
		`{uniqueId: {in: ["2", "4"]}}`:                            "2 4",
		`{orgId: {eq: "p"}}`:                                      "3 4",
		`{result: {eq: "Success"}}`:                               "1",
		`{sourceIp: {cidr: "10.0.0.0/8"}}`:                        "2 1",
		`{sourceIp: {cidr: "::ffff:10.1.2.0/120"}}`:               "2 1",
		`{sourceIp: {cidr: "2001:db8::/32"}}`:                     "4",
		`{sourceIp: {cidr: "192.168.0.1"}}`:                       "3",
		`{sourceIp: {eq: "10.1.2.3"}}`:                            "1",
		`{sourceIp: {in: ["10.1.2.3"], cidr: "192.168.0.0/16"}}`:  "",
		`{time: {gte: "2026-11-08T11:00:00Z"}}`:                   "3 2",
		`{time: {gte: "2026-11-08", lt: "2026-11-08T12:00:00Z"}}`: "2 1",
		`{time: {lt: "now-1day"}}`:                                "4",
		`{not: {userId: {eq: "ann"}}}`:                            "3 2 4",
		`{or: [{userId: {eq: "ann"}}, {orgId: {eq: "p"}}]}`:       "3 1 4",
		`{or: []}`:  "",
		`{and: []}`: "3 2 1 4",
		`{and: [{orgId: {eq: "o"}}, {not: {result: {eq: "Success"}}}]}`:                         "2",
		`{orgId: {eq: "o"}, not: {or: [{userId: {eq: "ann"}}, {sourceIp: {cidr: "::1/128"}}]}}`: "2",
	} {
		var data struct{ AuthAudits page }
		a.ask(t, `{ authAudits(filter: `+filter+`) { totalCount edges { node { uniqueId } } } }`, nil, &data)
		if got := strings.Join(data.AuthAudits.ids(), " "); got != want || data.AuthAudits.TotalCount != len(strings.Fields(want)) {
			t.Errorf("%s finds %q (%d), want %q", filter, got, data.AuthAudits.TotalCount, want)
		}
	}
}

func TestAFilterHasALimitedNumberOfConditions(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	values := make([]string, 1_001)
	for i := range values {
		values[i] = fmt.Sprint(i)
	}
	document := `query($values: [String!]) { authAudits(filter: {userId: {in: $values}}) { totalCount } }`
	err := a.refused(t, document, variables{"values": values})
	if err.Extensions["field"] != "filter.userId" || !strings.Contains(err.Message, "1000 conditions") {
		t.Errorf("got %q %v", err.Message, err.Extensions)
	}
	a.ask(t, document, variables{"values": values[:900]}, new(any))
}

// attempts are three flows: one succeeded after a wrong code, one was denied, one ended in nothing.
var attempts = []string{
	step("a1", "00:00:00", `"request_id":"ra","event_name":"Authentication Request","result":"InProgress","trace_id":"t1"`),
	step("a2", "00:00:01", `"request_id":"ra","event_name":"MFA Challenge","result":"Failure","user_id":"ann","trace_id":"t2"`),
	step("a3", "00:00:03", `"request_id":"ra","event_name":"MFA Challenge","result":"Success","user_id":"ann"`),
	step("a4", "00:00:04", `"request_id":"ra","event_name":"Token","result":"Success","user_id":"ann","session":"s","token_id":"k"`),
	step("b1", "01:00:00", `"request_id":"rb","event_name":"Policy Evaluation","result":"Denied","user_id":"bob","application_name":"Payroll"`),
	step("c1", "02:00:00", `"request_id":"rc","event_name":"Authentication Request","result":"InProgress"`),
}

func step(id, clock, members string) string {
	return fmt.Sprintf(`{"unique_id":%q,"create_time":"2026-11-08T%sZ","event":{"org_id":"o",%s}}`, id, clock, members)
}

func TestAFlowTellsWhatHappened(t *testing.T) {
	t.Parallel()
	a := newAPI(t, attempts...)
	var data struct {
		LoginFlow struct {
			Outcome, LastStage, Shape string
			DurationMs, Retries       int
			UserID                    string
			FailedStage               *string
			Stages                    []struct {
				EventName, Result string
				GapMs             int
				Records           []struct{ UniqueID string }
			}
			Records []struct{ UniqueID string }
			Links   []struct {
				Record        struct{ UniqueID string }
				Via, Strength string
			}
			Verdict     struct{ Text string }
			SessionView struct{ SessionID string }
			TokenIds    []string
			Traces      struct{ TotalCount int }
		}
	}
	a.ask(t, `{ loginFlow(requestId: "ra") { outcome lastStage shape durationMs retries userId failedStage
	  stages { eventName result gapMs records { uniqueId } } records { uniqueId } links { record { uniqueId } via strength }
	  verdict { text } sessionView { sessionId } tokenIds traces { totalCount } } }`, nil, &data)
	flow := data.LoginFlow
	if flow.Outcome != "SUCCEEDED" || flow.LastStage != "Token" || flow.Shape == "" || flow.DurationMs != 4000 || flow.Retries != 1 ||
		flow.UserID != "ann" || flow.FailedStage != nil || flow.Verdict.Text == "" {
		t.Errorf("got %+v", flow)
	}
	if flow.SessionView.SessionID != "s" || !slices.Equal(flow.TokenIds, []string{"k"}) || flow.Traces.TotalCount != 2 {
		t.Errorf("got %+v", flow)
	}
	if len(flow.Stages) != 4 || flow.Stages[2].GapMs != 2000 || flow.Stages[1].Records[0].UniqueID != "a2" {
		t.Errorf("stages are %+v", flow.Stages)
	}
	for i, id := range []string{"a1", "a2", "a3", "a4"} {
		link := flow.Links[i]
		if flow.Records[i].UniqueID != id || link.Record.UniqueID != id || link.Via != "REQUEST" || link.Strength != "CERTAIN" {
			t.Errorf("record %d is %+v, its link %+v", i, flow.Records[i], link)
		}
	}
}
