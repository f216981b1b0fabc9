package insight_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/insight"
)

func TestStagesAreAlignedAndThePartingFound(t *testing.T) {
	t.Parallel()
	const request, idp, policy, mfa, code, token = "Authentication Request / InProgress", "Identity Provider Callback / Success",
		"Policy Evaluation / DoMfa", "MFA Challenge / Create", "Authentication Request / CodeIssued", "Token / Success"
	for _, test := range []struct {
		name          string
		a, b          []string
		rows, parting string
	}{
		{"the same way", []string{request, token}, []string{request, token}, "SAME SAME", "none"},
		{"results without case", []string{"Token / success"}, []string{token}, "SAME", "none"},
		{"a ended early", []string{request, idp}, []string{request, idp, policy, token}, "SAME SAME ONLY_B ONLY_B", "after 2: nothing | Policy Evaluation"},
		{"b ended early", []string{request, idp}, []string{request}, "SAME ONLY_A", "after 1: Identity Provider Callback | nothing"},
		{"another result", []string{request, "Policy Evaluation / Denied"}, []string{request, "Policy Evaluation / Success", token},
			"SAME OTHER_RESULT ONLY_B", "after 1: Policy Evaluation | Policy Evaluation"},
		{"a detour", []string{request, idp, policy, mfa, "MFA Challenge / Failure", mfa, "MFA Challenge / Success", code, token},
			[]string{request, idp, policy, mfa, "MFA Challenge / Success", code, token},
			"SAME SAME SAME SAME ONLY_A ONLY_A SAME SAME SAME", "after 4: MFA Challenge | MFA Challenge"},
		{"another beginning", []string{"Assertion Request / Success", token}, []string{request, code, token},
			"ONLY_A ONLY_B ONLY_B SAME", "after 0: Assertion Request | Authentication Request"},
		{"nothing in common", []string{"A / x"}, []string{"B / x"}, "ONLY_A ONLY_B", "after 0: A | B"},
		{"equal choices: the earliest pair", []string{"A / x", "B / x"}, []string{"B / x", "A / x"}, "ONLY_B SAME ONLY_A", "after 0: A | B"},
		{"names pair up around what differs", []string{"A / 1", "B / 1", "C / 1", "D / 1"}, []string{"B / 2", "C / 1", "D / 1", "A / 1"},
			"ONLY_A OTHER_RESULT SAME SAME ONLY_B", "after 0: A | B"},
		{"a without stages", nil, []string{token}, "ONLY_B", "after 0: nothing | Token"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a, b := attempt(t, "a", audit.Failed, timed(test.a)...), attempt(t, "b", audit.Succeeded, timed(test.b)...)
			c := insight.Compare(a, b, insight.Given)
			var rows []string
			for _, row := range c.Stages {
				rows = append(rows, string(row.Match))
			}
			if got := strings.Join(rows, " "); got != test.rows {
				t.Errorf("%s, want %s", got, test.rows)
			}
			if got := partingText(c.Parting); got != test.parting {
				t.Errorf("part %s, want %s", got, test.parting)
			}
			checkRows(t, c)
		})
	}
}

// timed puts stages a second apart.
func timed(stages []string) []string {
	all := make([]string, len(stages))
	for i, stage := range stages {
		all[i] = fmt.Sprintf("%ds %s", i, stage)
	}
	return all
}

func partingText(p *insight.Parting) string {
	if p == nil {
		return "none"
	}
	name := func(stage *audit.Stage) string {
		if stage == nil {
			return "nothing"
		}
		return stage.EventName
	}
	return fmt.Sprintf("after %d: %s | %s", p.Common, name(p.A), name(p.B))
}

// checkRows requires that the rows hold every stage of both flows once, in order,
// and say of it what is true.
func checkRows(t *testing.T, c *insight.Comparison) {
	t.Helper()
	i, j := 0, 0
	for _, row := range c.Stages {
		if row.A != nil {
			if row.A != &c.A.Stages[i] {
				t.Fatalf("stage %d of a is not where it should be", i)
			}
			i++
		}
		if row.B != nil {
			if row.B != &c.B.Stages[j] {
				t.Fatalf("stage %d of b is not where it should be", j)
			}
			j++
		}
		want := insight.OtherResult
		switch {
		case row.B == nil:
			want = insight.OnlyA
		case row.A == nil:
			want = insight.OnlyB
		case row.A.EventName != row.B.EventName:
			t.Errorf("%v stands beside %v", row.A, row.B)
		case strings.EqualFold(row.A.Result, row.B.Result):
			want = insight.SameStage
		}
		if row.Match != want {
			t.Errorf("%v beside %v: %s", row.A, row.B, row.Match)
		}
	}
	if i != len(c.A.Stages) || j != len(c.B.Stages) {
		t.Errorf("%d stages of %d, and %d of %d", i, len(c.A.Stages), j, len(c.B.Stages))
	}
}

// As many stages as possible are the same: no choice of them gives more.
func TestAlignmentOfTheSampleIsLongest(t *testing.T) {
	t.Parallel()
	shapes := readShapes(t, sampleFlows(), 500).Shapes
	for _, a := range shapes {
		for _, b := range shapes {
			c := insight.Compare(a.Example, b.Example, insight.Given)
			checkRows(t, c)
			same := 0
			for _, row := range c.Stages {
				if row.Match == insight.SameStage {
					same++
				}
			}
			if want := mostInCommon(a.Example.Stages, b.Example.Stages); same != want {
				t.Errorf("%s and %s: %d the same, want %d", a.Path, b.Path, same, want)
			}
			if (c.Parting == nil) != (a.Path == b.Path) {
				t.Errorf("%s and %s part: %v", a.Path, b.Path, c.Parting)
			}
		}
	}
}

func TestAlignmentOfAnyStagesIsLongest(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(11, 12))
	some := func() []string {
		stages := make([]string, random.IntN(7))
		for i := range stages {
			stages[i] = fmt.Sprintf("%ds %c / %d", i, 'A'+random.IntN(3), random.IntN(2))
		}
		return stages
	}
	for range 1_000 {
		a, b := attempt(t, "a", audit.Abandoned, some()...), attempt(t, "b", audit.Abandoned, some()...)
		c := insight.Compare(a, b, insight.Given)
		checkRows(t, c)
		same := 0
		for _, row := range c.Stages {
			if row.Match == insight.SameStage {
				same++
			}
		}
		if want := mostInCommon(a.Stages, b.Stages); same != want {
			t.Fatalf("%s and %s: %d the same, want %d", a.Shape, b.Shape, same, want)
		}
	}
}

// mostInCommon tries every choice of stages of a, of which there are few.
func mostInCommon(a, b []audit.Stage) (most int) {
	for choice := range 1 << len(a) {
		at, length := 0, 0
		for i := range a {
			if choice&(1<<i) == 0 {
				continue
			}
			next := slices.IndexFunc(b[at:], func(s audit.Stage) bool { return s.EventName == a[i].EventName && s.Result == a[i].Result })
			if next < 0 {
				length = -1
				break
			}
			at, length = at+next+1, length+1
		}
		most = max(most, length)
	}
	return most
}

func TestDifferencesBetweenFlows(t *testing.T) {
	t.Parallel()
	whole := func() *audit.Flow {
		return &audit.Flow{ID: "b", Org: "org-1", Outcome: audit.Succeeded, UserID: "u", UpstreamUserID: "u@x", ApplicationName: "app", UpstreamIDP: "okta",
			StartedAt: began, EndedAt: began.Add(4 * time.Second), SourceIPs: []string{"10.0.0.1", "10.0.0.2"}, UserAgents: []string{"x", "y"}, MFA: true}
	}
	for _, test := range []struct {
		name   string
		change func(*audit.Flow)
		want   string
	}{
		{"none", func(*audit.Flow) {}, ""},
		{"org", func(f *audit.Flow) { f.Org = "" }, "ORG [] [org-1] "},
		{"outcome", func(f *audit.Flow) { f.Outcome = audit.Denied }, "OUTCOME [DENIED] [SUCCEEDED] "},
		{"user", func(f *audit.Flow) { f.UserID, f.UpstreamUserID = "", "v@x" }, "USER [] [u] UPSTREAM_USER [v@x] [u@x] "},
		{"application and provider", func(f *audit.Flow) { f.ApplicationName, f.UpstreamIDP = "other", "google" }, "APPLICATION [other] [app] UPSTREAM_IDP [google] [okta] "},
		{"addresses in another order, written otherwise", func(f *audit.Flow) { f.SourceIPs = []string{"::ffff:10.0.0.2", "10.0.0.1"} }, ""},
		{"one more address", func(f *audit.Flow) { f.SourceIPs = []string{"10.0.0.1", "10.0.0.2", "proxy"} }, "SOURCE_IP [10.0.0.1 10.0.0.2 proxy] [10.0.0.1 10.0.0.2] "},
		{"user agents", func(f *audit.Flow) { f.UserAgents = []string{"y"} }, "USER_AGENT [y] [x y] "},
		{"second factor", func(f *audit.Flow) { f.MFA = false }, "MFA [false] [true] "},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := whole()
			test.change(a)
			var got string
			for _, d := range insight.Compare(a, whole(), insight.Given).Differences {
				got += fmt.Sprintf("%s %v %v ", d.Field, d.A, d.B)
			}
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
	quick := whole()
	quick.EndedAt = began.Add(time.Second)
	if got := insight.Compare(quick, whole(), insight.Given).LongerBy; got == nil || *got != -3*time.Second {
		t.Errorf("1 s is longer than 4 s by %v", got)
	}
}

func TestWithoutAnotherFlowThereIsNoComparison(t *testing.T) {
	t.Parallel()
	a := attempt(t, "a", audit.Denied, "0s Policy Evaluation / Denied")
	c := insight.Compare(a, nil, insight.UserUnknown)
	if c.A != a || c.B != nil || c.Baseline != insight.UserUnknown || c.Stages != nil || c.Parting != nil || c.Differences != nil || c.LongerBy != nil {
		t.Errorf("%+v", c)
	}
}
