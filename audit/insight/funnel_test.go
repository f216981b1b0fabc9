package insight_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/insight"
	"github.com/authtrail/authtrail/audit/query"
)

// inPipeline is the order of the steps in the sample.
var inPipeline = []string{"Authentication Request", "Identity Provider Authentication", "Identity Provider Callback",
	"Assertion Request", "Policy Evaluation", "MFA Challenge", "Code Issued", "Token"}

func TestFunnelOfTheSample(t *testing.T) {
	t.Parallel()
	all := sampleFlows()
	for split, valueOf := range map[insight.Split]func(*audit.Flow) string{
		insight.Whole:         func(*audit.Flow) string { return "" },
		insight.ByApplication: func(f *audit.Flow) string { return f.ApplicationName },
		insight.ByUpstreamIDP: func(f *audit.Flow) string { return f.UpstreamIDP },
		insight.ByOrg:         func(f *audit.Flow) string { return f.Org },
	} {
		t.Run("by "+string(split), func(t *testing.T) {
			t.Parallel()
			const groups = 3
			got := readFunnel(t, all, split, groups)
			checkPart(t, "whole", got.FunnelPart, all)
			if split == insight.Whole {
				if got.Groups != nil || got.Rest != nil || got.Values != 0 {
					t.Errorf("it is split: %+v", got)
				}
				return
			}
			byValue := map[string][]*audit.Flow{}
			for _, f := range all {
				byValue[valueOf(f)] = append(byValue[valueOf(f)], f)
			}
			values := slices.SortedFunc(maps.Keys(byValue), func(a, b string) int {
				return cmp.Or(len(byValue[b])-len(byValue[a]), strings.Compare(a, b))
			})
			if got.Values != len(values) || len(got.Groups) != groups || got.Rest == nil {
				t.Fatalf("%d values, %d groups, rest %v; want %d values", got.Values, len(got.Groups), got.Rest != nil, len(values))
			}
			for i, value := range values[:groups] {
				if got.Groups[i].Value != value {
					t.Errorf("group %d is %q, want %q", i, got.Groups[i].Value, value)
				}
				checkPart(t, value, got.Groups[i].FunnelPart, byValue[value])
			}
			var rest []*audit.Flow
			for _, value := range values[groups:] {
				rest = append(rest, byValue[value]...)
			}
			checkPart(t, "rest", *got.Rest, rest)
		})
	}
}

func readFunnel(t *testing.T, flows fakeFlows, by insight.Split, groups int) *insight.Funnel {
	t.Helper()
	f, err := insight.ReadFunnel(t.Context(), flows, everything(), by, groups)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// checkPart compares a part with what counting the flows' records gives.
func checkPart(t *testing.T, name string, got insight.FunnelPart, flows []*audit.Flow) {
	t.Helper()
	if got.Flows != len(flows) || listed(got.Outcomes) != outcomesOf(flows) {
		t.Errorf("%s: %d flows, %s; want %d, %s", name, got.Flows, listed(got.Outcomes), len(flows), outcomesOf(flows))
	}
	if len(got.Steps) != len(inPipeline) {
		t.Fatalf("%s: %d steps", name, len(got.Steps))
	}
	for i, step := range inPipeline {
		if want := naiveStep(step, flows); !reflect.DeepEqual(got.Steps[i], want) {
			t.Errorf("%s:\n got %+v %+v\nwant %+v %+v", name, got.Steps[i], got.Steps[i].Gap, want, want.Gap)
		}
	}
}

// naiveStep counts a step anew from the records of all flows.
func naiveStep(name string, flows []*audit.Flow) insight.FunnelStep {
	step := insight.FunnelStep{Name: name}
	var gaps []time.Duration
	var ended []*audit.Flow
	for _, f := range flows {
		first := slices.IndexFunc(f.Records, func(r *audit.Record) bool { return stepOf(r) == name })
		if first >= 0 {
			step.Reached++
		}
		if first > 0 {
			gaps = append(gaps, f.Records[first].Time.Sub(runBegan(f.Records[:first])))
		}
		if stepOf(f.Records[len(f.Records)-1]) == name {
			ended = append(ended, f)
		}
		if f.FailedStage == name {
			step.Failed++
		}
	}
	step.Share = float64(step.Reached) / float64(len(flows))
	step.Ended = len(ended)
	for _, outcome := range audit.FlowOutcomes {
		if n := len(slices.DeleteFunc(slices.Clone(ended), func(f *audit.Flow) bool { return f.Outcome != outcome })); n > 0 {
			step.EndedWith = append(step.EndedWith, insight.OutcomeCount{Outcome: outcome, Count: n})
		}
	}
	if slices.Sort(gaps); len(gaps) > 0 {
		at := func(part float64) time.Duration { return gaps[int(math.Ceil(part*float64(len(gaps))))-1] }
		step.Gap = &insight.Spread{Count: len(gaps), P50: at(0.5), P95: at(0.95), Max: gaps[len(gaps)-1]}
	}
	return step
}

func stepOf(r *audit.Record) string {
	name, _ := r.Get(query.EventName)
	if result, _ := r.Get(query.Result); name == "Authentication Request" && result == "CodeIssued" {
		return "Code Issued"
	}
	return name
}

// runBegan returns when the last run of records that say the same began.
func runBegan(records []*audit.Record) time.Time {
	says := func(r *audit.Record) string {
		name, _ := r.Get(query.EventName)
		result, _ := r.Get(query.Result)
		return name + "/" + result
	}
	at := len(records) - 1
	for at > 0 && says(records[at-1]) == says(records[at]) {
		at--
	}
	return records[at].Time
}

func listed(counts []insight.OutcomeCount) string {
	var text string
	for _, c := range counts {
		text += fmt.Sprintf("%s %d ", c.Outcome, c.Count)
	}
	return text
}

func TestFunnelOfFewFlows(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		flows []*audit.Flow
		want  []string // a step: name, reached, failed, ended, gap
	}{
		{"none", nil, nil},
		{"one of a single stage", []*audit.Flow{
			attempt(t, "a", audit.Expired, "0s Authentication Request / SessionExpired"),
		}, []string{"Authentication Request: reached 1, failed 1, ended 1 EXPIRED 1 , no gap"}},
		{"a code is a step of its own, however it is written", []*audit.Flow{
			attempt(t, "a", audit.Succeeded, "0s Authentication Request / InProgress", "2s Policy Evaluation / Success", "3s Authentication Request / codeissued"),
		}, []string{
			"Authentication Request: reached 1, failed 0, ended 0 , no gap",
			"Policy Evaluation: reached 1, failed 0, ended 0 , gap of 1: 2s 2s 2s",
			"Code Issued: reached 1, failed 0, ended 1 SUCCEEDED 1 , gap of 1: 1s 1s 1s",
		}},
		{"coming back to a step counts once, with its first gap", []*audit.Flow{
			attempt(t, "a", audit.Failed, "0s Authentication Request / InProgress", "1s MFA Challenge / Create", "9s Policy Evaluation / DoMfa", "30s MFA Challenge / Failure"),
		}, []string{
			"Authentication Request: reached 1, failed 0, ended 0 , no gap",
			"Policy Evaluation: reached 1, failed 0, ended 0 , gap of 1: 8s 8s 8s",
			"MFA Challenge: reached 1, failed 1, ended 1 FAILED 1 , gap of 1: 1s 1s 1s",
		}},
		{"equal gaps", []*audit.Flow{
			attempt(t, "a", audit.Succeeded, "0s Policy Evaluation / Success", "1s Token / Success"),
			attempt(t, "b", audit.Succeeded, "0s Policy Evaluation / Success", "1s Token / Success"),
			attempt(t, "c", audit.Succeeded, "0s Policy Evaluation / Success", "1s Token / Success"),
		}, []string{
			"Policy Evaluation: reached 3, failed 0, ended 0 , no gap",
			"Token: reached 3, failed 0, ended 3 SUCCEEDED 3 , gap of 3: 1s 1s 1s",
		}},
		{"only the deprecated stage", []*audit.Flow{
			attempt(t, "a", audit.Succeeded, "0s Login / Success", "4s Token / Create"),
			attempt(t, "b", audit.Failed, "0s Login / Failure"),
		}, []string{
			"Token: reached 1, failed 0, ended 1 SUCCEEDED 1 , gap of 1: 4s 4s 4s",
			"Login: reached 2, failed 1, ended 1 FAILED 1 , no gap",
		}},
		{"records without a name", []*audit.Flow{
			attempt(t, "a", audit.Failed, "0s  / Failure"),
		}, []string{": reached 1, failed 1, ended 1 FAILED 1 , no gap"}},
		{"decided at a stage that was cut out", []*audit.Flow{
			{ID: "a", Outcome: audit.Denied, FailedStage: "Policy Evaluation", Stages: []audit.Stage{{EventName: "Token"}}},
		}, []string{
			"Policy Evaluation: reached 1, failed 1, ended 0 , no gap",
			"Token: reached 1, failed 0, ended 1 DENIED 1 , no gap",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, step := range readFunnel(t, test.flows, insight.Whole, 0).Steps {
				gap := "no gap"
				if g := step.Gap; g != nil {
					gap = fmt.Sprintf("gap of %d: %s %s %s", g.Count, g.P50, g.P95, g.Max)
				}
				got = append(got, fmt.Sprintf("%s: reached %d, failed %d, ended %d %s, %s",
					step.Name, step.Reached, step.Failed, step.Ended, listed(step.EndedWith), gap))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("\n got %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestFunnelDoesNotDependOnTheOrderOfFlows(t *testing.T) {
	t.Parallel()
	flows := slices.Clone(sampleFlows())
	flows = append(flows, attempt(t, "x", audit.Denied, "0s Zebra / Success", "1s Policy Evaluation / Denied", "1s Yak / Success"))
	want := readFunnel(t, flows, insight.ByApplication, 4)
	random := rand.New(rand.NewPCG(3, 4))
	for range 5 {
		random.Shuffle(len(flows), func(i, j int) { flows[i], flows[j] = flows[j], flows[i] })
		if got := readFunnel(t, flows, insight.ByApplication, 4); !reflect.DeepEqual(got, want) {
			t.Fatalf("\n got %+v\nwant %+v", got, want)
		}
	}
}

func TestEveryOutcomeIsCounted(t *testing.T) {
	t.Parallel()
	var flows []*audit.Flow
	for _, outcome := range audit.FlowOutcomes {
		flows = append(flows, attempt(t, string(outcome), outcome, "0s Token / x"))
	}
	if got := readFunnel(t, flows, insight.Whole, 0); listed(got.Outcomes) != outcomesOf(flows) || len(got.Outcomes) != len(flows) {
		t.Errorf("%s", listed(got.Outcomes))
	}
}

func TestFunnelsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, field string
		q           audit.Query
		by          insight.Split
		groups      int
		code        audit.Code
	}{
		{"no groups", "groups", everything(), insight.ByOrg, 0, audit.BadUserInput},
		{"too many groups", "groups", everything(), insight.ByOrg, 51, audit.BadUserInput},
		{"an unknown split", "by", everything(), "USER", 5, audit.BadUserInput},
		{"no scope", "", audit.Query{}, insight.Whole, 0, audit.Internal},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := insight.ReadFunnel(t.Context(), fakeFlows{}, test.q, test.by, test.groups)
			var known *audit.Error
			if !errors.As(err, &known) || known.Code != test.code || known.Field != test.field {
				t.Errorf("%v", err)
			}
		})
	}
}
