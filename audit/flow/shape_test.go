package flow_test

import (
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit/flow"
)

func TestShapes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 80)
	for name, c := range map[string]struct{ steps, want string }{
		"undecided": {
			"0s | Authentication Request | InProgress\n1s | Identity Provider Callback | Success\n2s | Policy Evaluation | DoMfa\n3s | MFA Challenge | Create",
			"Request › IdP ✓ › Policy DoMfa › MFA created ⌛",
		},
		"denied":             {"0s | Authentication Request | InProgress\n1s | Policy Evaluation | Denied", "Request › Policy denied"},
		"failed":             {"0s | Identity Provider Callback | Failure", "IdP ✗"},
		"timed out":          {"0s | MFA Challenge | Timeout", "MFA timed out"},
		"expired":            {"0s | Authentication Request | SessionExpired", "Session expired"},
		"service account":    {"0s | Assertion Request | Success\n1s | Token | Create", "Assertion ✓ › Token created"},
		"results of no case": {"0s | Token | SUCCESS", "Token ✓"},
		"a repeated stage":   {"0s | Token | Success\n1s | Token | Success", "Token ✓"},
		"old names":          {"0s | | | stage=Login | event=Success", "Login ✓"},
		"unknown names":      {"0s | Device \t Check | Odd", "Device Check Odd ⌛"},
		"no names":           {"0s | |", "? ⌛"},
		"only a result":      {"0s | | Denied", "? denied"},
		"a very long name":   {"0s | " + long + " | Denied", strings.Repeat("x", 59) + "… denied"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := flow.Build("org-1", "req-1", steps(t, c.steps), began, idle).Shape; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
