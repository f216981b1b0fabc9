package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/terminal"
)

func TestCompareShowsWhereTwoAttemptsPart(t *testing.T) {
	t.Parallel()
	data := importedAttempts(t)
	alone := mustRun(t, "compare", "--data", data, "req-2")
	for _, want := range []string{
		"A  ✗ DENIED  ann\n", "B  ✓ SUCCEEDED  ann\n", "request req-2", "request req-1", "the user's last one before A that succeeded",
		"They part after 1 stage: A went on with Policy Evaluation: Denied, B went on with Token: Success.",
		"=  Authentication Request  InProgress", "≠  Policy Evaluation       Denied      +1.000s  not there\n", "≠  Token                   not there            Success     +1.000s\n",
		"address            A  203.0.113.9\n                   B  -\n",
	} {
		if !strings.Contains(alone, want) {
			t.Errorf("%q is missing in\n%s", want, alone)
		}
	}
	given := mustRun(t, "compare", "--data", data, "req-2", "tok-1")
	if strings.Contains(given, "last one before A") || !strings.Contains(given, "They part after 1 stage") {
		t.Errorf("printed\n%s", given)
	}
	var view comparisonView
	if err := json.Unmarshal([]byte(mustRun(t, "compare", "--data", data, "--json", "req-2")), &view); err != nil || view.Baseline != "LAST_SUCCEEDED" {
		t.Errorf("as JSON: %+v, %v", view, err)
	}
}

func TestCompareSaysWhyThereIsNothingToCompareWith(t *testing.T) {
	t.Parallel()
	data := importedAttempts(t)
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"tok-1"}, exitNothing, "no earlier attempt of ann in the org org-1 succeeded"},
		{[]string{"req-3"}, exitNothing, "no record of this attempt names its user"},
		{[]string{"nowhere"}, exitNothing, `no login flow has the id "nowhere"`},
		{[]string{"tok-1", "nowhere"}, exitNothing, `no login flow has the id "nowhere"`},
		{[]string{"ses-1"}, exitFailed, `2 login flows have the id "ses-1"; name one of them`},
	} {
		got := authtrail(t, append([]string{"compare", "--data", data}, test.args...)...)
		if got.code != test.code || !strings.Contains(got.err, test.want) {
			t.Errorf("%v: exit code %d, said %q", test.args, got.code, got.err)
		}
	}
}

func TestAComparisonFitsTheScreen(t *testing.T) {
	t.Parallel()
	var view comparisonView
	if err := json.Unmarshal([]byte(mustRun(t, "compare", "--data", importedAttempts(t), "--json", "req-2")), &view); err != nil {
		t.Fatal(err)
	}
	view.A.UpstreamUserID = "佐藤花子@org2.example"
	for _, width := range []int{60, 80, 120, 200} {
		drawn, err := view.drawn(terminal.Screen{Width: width})
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(drawn) {
			if line = strings.TrimSuffix(line, "\n"); terminal.Cut(line, width) != line {
				t.Errorf("wider than %d: %q", width, line)
			}
		}
	}
}
