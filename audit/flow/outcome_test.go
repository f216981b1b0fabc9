package flow_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
)

func TestTheLastDecidingRecordWins(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		steps       string
		want        audit.FlowOutcome
		failedStage string
		retries     int
	}{
		"a token was issued":             {"0s | Token | Success", audit.Succeeded, "", 0},
		"a token was created":            {"0s | Token | Create", audit.Succeeded, "", 0},
		"a code was issued":              {"0s | Authentication Request | CodeIssued", audit.Succeeded, "", 0},
		"a code of any stage":            {"0s | Anything | CodeIssued", audit.Succeeded, "", 0},
		"results have no case":           {"0s | Token | sUCCESS", audit.Succeeded, "", 0},
		"a failure without case":         {"0s | Policy Evaluation | DENIED", audit.Denied, "Policy Evaluation", 0},
		"failure":                        {"0s | Identity Provider Callback | Failure", audit.Failed, "Identity Provider Callback", 0},
		"timeout":                        {"0s | MFA Challenge | Timeout", audit.TimedOut, "MFA Challenge", 0},
		"expired":                        {"0s | Authentication Request | SessionExpired", audit.Expired, "Authentication Request", 0},
		"a failure without a name":       {"0s | | Failure", audit.Failed, "", 0},
		"a step that decides nothing":    {"0s | MFA Challenge | Create", audit.InProgress, "", 0},
		"success elsewhere is no login":  {"0s | Identity Provider Callback | Success", audit.InProgress, "", 0},
		"login is none as an event name": {"0s | Login | Success", audit.InProgress, "", 0},
		"login is one as a stage":        {"0s | | | stage=Login | event=Success", audit.Succeeded, "", 0},
		"a login with the new result":    {"0s | | success | stage=Login", audit.Succeeded, "", 0},
		"a token as a stage":             {"0s | | | stage=Token | event=Success", audit.Succeeded, "", 0},
		"a failed stage":                 {"0s | | | stage=Login | event=Failure", audit.Failed, "Login", 0},
		"the new names come first":       {"0s | Token | Success | stage=Login | event=Failure", audit.Succeeded, "", 0},
		"the old result of a new name":   {"0s | Token | | event=Success", audit.Succeeded, "", 0},
		"a wrong code, then a right one": {"0s | MFA Challenge | Failure\n1s | MFA Challenge | Success\n2s | Token | Success", audit.Succeeded, "", 1},
		"two wrong codes":                {"0s | MFA Challenge | Failure\n1s | MFA Challenge | Failure", audit.Failed, "MFA Challenge", 1},
		"a timeout, then a token":        {"0s | MFA Challenge | Timeout\n1s | Token | Success", audit.Succeeded, "", 1},
		"denied after a success":         {"0s | Token | Success\n1s | Policy Evaluation | Denied", audit.Denied, "Policy Evaluation", 0},
		"a timeout after a success":      {"0s | Token | Success\n1s | MFA Challenge | Timeout", audit.Succeeded, "", 0},
		"expired after a success":        {"0s | Token | Success\n1s | Token | SessionExpired", audit.Succeeded, "", 0},
		"expired after a failure":        {"0s | MFA Challenge | Failure\n1s | Token | SessionExpired", audit.Expired, "Token", 0},
		"undone, then timed out":         {"0s | Token | Success\n1s | Token | Failure\n2s | Token | Timeout", audit.TimedOut, "Token", 1},
		"ties go by unique_id":           {"0s | Token | Success\n0s | Policy Evaluation | Denied", audit.Denied, "Policy Evaluation", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := flow.Build("org-1", "req-1", steps(t, c.steps), began, idle)
			if f.Outcome != c.want || f.FailedStage != c.failedStage || f.Retries != c.retries {
				t.Errorf("%s at %q after %d retries, want %s at %q after %d",
					f.Outcome, f.FailedStage, f.Retries, c.want, c.failedStage, c.retries)
			}
		})
	}
}

func TestAStageDecidesWhatItsRecordsDo(t *testing.T) {
	t.Parallel()
	names := []string{"", "Authentication Request", "Identity Provider Callback", "MFA Challenge", "Policy Evaluation", "Token", "token", "Login", "Anything"}
	results := []string{"", "Success", "sUCCESS", "\u017fuccess", "Create", "CodeIssued", "DoMFA", "InProgress", "Authenticate", "Denied", "Failure", "Timeout", "SessionExpired"}
	for _, name := range names {
		for _, result := range results {
			for _, old := range []bool{false, true} {
				text := fmt.Sprintf("0s | %s | %s", name, result)
				if old {
					text = fmt.Sprintf("0s | | | stage=%s | event=%s", name, result)
				}
				f := flow.Build("org-1", "req-1", steps(t, text), began, idle)
				want := f.Outcome
				switch {
				case name == "Login" && !old:
					continue // no event has that name
				case want == audit.InProgress:
					want = ""
				}
				if got := flow.Decides(&f.Stages[0]); got != want {
					t.Errorf("%q decides %q, and its stage %q", text, want, got)
				}
			}
		}
	}
}

func TestAnUndecidedAttemptIsAbandonedAfterTheIdleLimit(t *testing.T) {
	t.Parallel()
	records := steps(t, "0s | Authentication Request | InProgress\n1m | MFA Challenge | Create")
	for silent, want := range map[time.Duration]audit.FlowOutcome{
		-time.Hour: audit.InProgress, 0: audit.InProgress, idle: audit.InProgress, idle + 1: audit.Abandoned,
	} {
		f := flow.Build("org-1", "req-1", records, began.Add(time.Minute+silent), idle)
		if f.Outcome != want {
			t.Errorf("silent for %s: %s, want %s", silent, f.Outcome, want)
		}
	}
}
