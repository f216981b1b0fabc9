package insight_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/insight"
)

func TestUnknownStepsStandWhereFlowsReachThem(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		flows []string // steps, with commas between
		want  string
	}{
		{"between what is before and after", []string{"Policy Evaluation,Risk Score,Token"}, "Policy Evaluation,Risk Score,Token"},
		{"as early as that allows", []string{"Policy Evaluation,Risk Score,Token", "MFA Challenge"}, "Policy Evaluation,Risk Score,MFA Challenge,Token"},
		{"most flows decide", []string{"Risk Score,Policy Evaluation", "Policy Evaluation,Risk Score", "Policy Evaluation,Risk Score"},
			"Policy Evaluation,Risk Score"},
		{"first of all", []string{"Hello,Authentication Request"}, "Hello,Authentication Request"},
		{"alone, they come last, those reached earlier first, ties by name", []string{"Z,Y", "Z,X", "Token"}, "Token,Z,X,Y"},
		{"side by side, in the order in which they are reached", []string{"Token,B,A", "Token,B,A", "Token,A,B"}, "Token,B,A"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var flows []*audit.Flow
			for i, steps := range test.flows {
				var stages []string
				for n, step := range strings.Split(steps, ",") {
					stages = append(stages, fmt.Sprintf("%ds %s / Success", n, step))
				}
				flows = append(flows, attempt(t, fmt.Sprint(i), audit.Succeeded, stages...))
			}
			var got []string
			for _, step := range readFunnel(t, flows, insight.Whole, 0).Steps {
				got = append(got, step.Name)
			}
			if strings.Join(got, ",") != test.want {
				t.Errorf("%q, want %s", got, test.want)
			}
		})
	}
}

func TestOfTooManyStepsTheMostReachedAreListed(t *testing.T) {
	t.Parallel()
	flows := []*audit.Flow{attempt(t, "b", audit.Succeeded, "0s Token / Success", "1s step 150 / Success")}
	for i := range 200 {
		flows = append(flows, attempt(t, fmt.Sprint(i), audit.Succeeded, fmt.Sprintf("0s step %03d / Success", i)))
	}
	f := readFunnel(t, flows, insight.Whole, 0)
	if f.Steps[0].Name != "Token" || f.Steps[1].Name != "step 150" || len(f.Steps)+f.StepsLeftOut != 201 || len(f.Steps) > insight.MaxSteps {
		t.Errorf("%d steps from %q and %q, %d left out", len(f.Steps), f.Steps[0].Name, f.Steps[1].Name, f.StepsLeftOut)
	}
}
