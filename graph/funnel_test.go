package graph_test

import (
	"math"
	"slices"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

type funnelPart struct {
	Flows    int
	Outcomes []struct {
		Outcome string
		Count   int
	}
	Steps []struct {
		Name                   string
		Reached, Ended, Failed int
		Share                  float64
		Gap                    *struct {
			Count        int
			P50Ms, P95Ms float64
		}
	}
}

// tally is what a list of flows comes to.
type tally struct {
	outcomes, apps, reached map[string]int
	gaps                    map[string][]float64 // sorted
}

func tallyOf(flows []summary) tally {
	c := tally{map[string]int{}, map[string]int{}, map[string]int{}, map[string][]float64{}}
	for _, f := range flows {
		c.outcomes[f.Outcome]++
		if f.ApplicationName != nil {
			c.apps[*f.ApplicationName]++
		}
		met := map[string]bool{}
		for i, stage := range f.Stages {
			name := stepName(stage.EventName, stage.Result)
			if met[name] {
				continue
			}
			met[name] = true
			c.reached[name]++
			if i > 0 && stepName(f.Stages[i-1].EventName, f.Stages[i-1].Result) != name {
				c.gaps[name] = append(c.gaps[name], stage.GapMs)
			}
		}
	}
	for _, spans := range c.gaps {
		slices.Sort(spans)
	}
	return c
}

// stepName is the step of the pipeline that a stage is at.
func stepName(event, result *string) string {
	if event == nil {
		return ""
	}
	if *event == "Authentication Request" && result != nil && *result == "CodeIssued" {
		return "Code Issued"
	}
	return *event
}

func TestTheFunnelCountsWhatTheListOfFlowsShows(t *testing.T) {
	t.Parallel()
	a := sampleAPI(t)
	var data struct{ LoginFunnel funnelPart }
	a.ask(t, `{ loginFunnel { flows outcomes { outcome count } steps { name reached ended failed share gap { count p50Ms p95Ms } } } }`, nil, &data)
	funnel, flows := data.LoginFunnel, allFlows(t, a)
	want := tallyOf(flows)
	if funnel.Flows != len(flows) || len(funnel.Outcomes) != len(want.outcomes) || len(funnel.Steps) != len(want.reached) {
		t.Errorf("%d flows, %d outcomes, %d steps; the list has %d, %d, %d",
			funnel.Flows, len(funnel.Outcomes), len(funnel.Steps), len(flows), len(want.outcomes), len(want.reached))
	}
	for _, o := range funnel.Outcomes {
		if o.Count != want.outcomes[o.Outcome] {
			t.Errorf("%d %s, the list has %d", o.Count, o.Outcome, want.outcomes[o.Outcome])
		}
	}
	for _, step := range funnel.Steps {
		spans := want.gaps[step.Name]
		if step.Reached != want.reached[step.Name] || math.Abs(step.Share-float64(step.Reached)/float64(len(flows))) > 1e-9 ||
			(step.Gap == nil) != (len(spans) == 0) {
			t.Errorf("%+v, the list has %d", step, want.reached[step.Name])
		} else if step.Gap != nil && (step.Gap.Count != len(spans) || step.Gap.P50Ms != spans[(len(spans)+1)/2-1] || step.Gap.P95Ms != spans[(len(spans)*95+99)/100-1]) {
			t.Errorf("%s: %+v of %d spans, median %v", step.Name, *step.Gap, len(spans), spans[(len(spans)+1)/2-1])
		}
	}
}

func TestAFunnelIsSplitIntoTheLargestGroupsAndTheRest(t *testing.T) {
	t.Parallel()
	a := sampleAPI(t)
	var data struct {
		LoginFunnel struct {
			Groups []struct {
				Value string
				funnelPart
			}
			Rest *funnelPart
		}
	}
	a.ask(t, `{ loginFunnel(by: APPLICATION, groups: 2) { groups { value flows steps { name } } rest { flows } } }`, nil, &data)
	flows, groups := allFlows(t, a), data.LoginFunnel.Groups
	apps, rest := tallyOf(flows).apps, len(flows)
	for _, group := range groups {
		if rest -= group.Flows; group.Flows != apps[group.Value] {
			t.Errorf("%d flows to %s, the list has %d", group.Flows, group.Value, apps[group.Value])
		}
	}
	if len(groups) != 2 || groups[0].Flows < groups[1].Flows || data.LoginFunnel.Rest == nil || data.LoginFunnel.Rest.Flows != rest {
		t.Errorf("%d groups, the rest is %+v instead of %d", len(groups), data.LoginFunnel.Rest, rest)
	}
}

func TestTheFunnelIsOfTheFlowsThatMatch(t *testing.T) {
	t.Parallel()
	a := newAPI(t, attempts...)
	var data struct {
		Denied, Mfa, Own funnelPart
	}
	a.ask(t, `{ denied: loginFunnel(filter: {outcome: {eq: DENIED}}) { flows steps { name } } mfa: loginFunnel(search: "mfa token") { flows } }`, nil, &data)
	a.askAs(t, audit.MemberOf("eve", "elsewhere", audit.RoleOwner), `{ own: loginFunnel { flows } }`, nil, &data)
	if data.Denied.Flows != 1 || len(data.Denied.Steps) != 1 || data.Denied.Steps[0].Name != "Policy Evaluation" || data.Mfa.Flows != 1 || data.Own.Flows != 0 {
		t.Errorf("got %+v", data)
	}
	for _, arguments := range []string{"groups: 0", "groups: 51"} {
		if err := a.refused(t, `{ loginFunnel(`+arguments+`) { flows } }`, nil); err.Extensions["field"] != "groups" {
			t.Errorf("%s: %q %v", arguments, err.Message, err.Extensions)
		}
	}
}
