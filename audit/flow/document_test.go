package flow_test

import (
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
)

func TestAFlowIsFilteredByWhatItIsAndByWhatItsRecordsHold(t *testing.T) {
	t.Parallel()
	f := flow.Build("org-1", "req-1", steps(t, `
0s     | MFA Challenge     | Failure | user_id=ann | application_name=Wiki | upstream_idp=okta | session=s1
1.25s  | Policy Evaluation | Success | user_id=bob | application_name=Desk | upstream_idp=okta | session=s1
2.25s  |                   |         | user_id=ann | device=phone
3.25s  | MFA Challenge     | Denied  | client_id=c1 | token_id=k1 | trace_id=t1 | source_ip=10.0.0.1`), began, idle)
	d := flow.Document(f)
	for field, want := range map[query.Field][]string{
		query.FlowOutcome:     {"DENIED"},
		query.FlowLastStage:   {"MFA Challenge"},
		query.FlowFailedStage: {"MFA Challenge"},
		query.FlowStage:       {"MFA Challenge", "Policy Evaluation"},
		query.FlowShape:       {"MFA ✗ › Policy ✓ › ? › MFA denied"},
		query.FlowDurationMS:  {"3250"},
		query.FlowRetries:     {"1"},
		query.FlowEndedAt:     {"1793523603250000000"},
		query.FlowID:          {f.ID},
		query.FlowRecordID:    {"r1", "r2", "r3", "r4"},
		query.FlowVia:         {"REQUEST"},
		query.FlowConflict:    nil,
		query.FlowOpen:        {"true"},
		query.OrgID:           {"org-1"},
		query.RequestID:       {"req-1"},
		query.UserID:          {"ann", "bob"},
		query.UpstreamUserID:  nil,
		query.ApplicationName: {"Wiki"},
		query.UpstreamIDP:     {"okta"},
		query.Session:         {"s1"},
		query.TraceID:         {"t1"},
		query.TokenID:         {"k1"},
		query.ClientID:        {"c1"},
		query.SourceIP:        {"10.0.0.1"},
		query.Result:          {"Failure", "Success", "Denied"},
	} {
		if got := d.Values(field); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
	if !d.Time().Equal(began) {
		t.Errorf("time %s", d.Time())
	}
	for _, n := range []query.Node{
		query.Words{Tokens: []string{"bob"}}, query.ExtraValue{Path: "device", Value: "phone"},
		query.TimeRange{From: began, To: began.Add(time.Nanosecond)},
	} {
		if !query.Match(n, d) {
			t.Errorf("%s does not match", n)
		}
	}
}

func TestAnUndecidedFlowHasNoFailedStage(t *testing.T) {
	t.Parallel()
	d := flow.Document(flow.Build("", "req-1", steps(t, "0s | | InProgress"), began, idle))
	for _, field := range []query.Field{query.FlowFailedStage, query.FlowLastStage, query.FlowStage, query.OrgID, query.UserID} {
		if query.Match(query.Has{Field: field}, d) {
			t.Errorf("it has a %s: %q", field, d.Values(field))
		}
	}
}

func TestAFlowIsFilteredByWhatTiesItTogether(t *testing.T) {
	t.Parallel()
	f := stitchedOf(t, `
		a | 0s | request_id=q | trace_id=t | session=s
		b | 1s | trace_id=t
		c | 2s | session=s
		d | 3s | request_id=q | trace_id=u
		e | 4s | request_id=p | trace_id=u`).Flow(began, idle)
	f.Closed = true
	d := flow.Document(f)
	for field, want := range map[query.Field][]string{
		query.FlowID:       {idOf(audit.ViaRequest, "q"), idOf(audit.ViaTrace, "t"), idOf(audit.ViaRecord, "b"), idOf(audit.ViaSession, "s"), idOf(audit.ViaRecord, "c")},
		query.FlowVia:      {"REQUEST", "TRACE", "SESSION"},
		query.FlowConflict: {"trace_id=u"},
		query.FlowOpen:     nil,
	} {
		if got := d.Values(field); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
}

func TestASecondFactorIsSeen(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"0s | MFA Challenge | Create":                        true,
		"0s | Policy Evaluation | DoMfa":                     true,
		"0s | Token | Success":                               false,
		"0s | | | stage=MFA Challenge":                       true,
		"0s | Policy Evaluation | Success | description=MFA": false,
	} {
		if f := flow.Build("org-1", "req-1", steps(t, text), began, idle); f.MFA != want {
			t.Errorf("%s: %t", text, f.MFA)
		}
	}
}
