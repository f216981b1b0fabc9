package graph_test

import (
	"cmp"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// summary is a login flow as lists show it.
type summary struct {
	ID, Outcome, Shape, OrgID string
	ApplicationName, UserID   *string
	RequestID                 *string
	StartedAt                 time.Time
	Stages                    []struct {
		EventName, Result *string
		GapMs             float64
	}
}

// allFlows returns the flows of the sample, newest first, read as lists.
func allFlows(t *testing.T, a *api) []summary {
	t.Helper()
	var all []summary
	for after := (*string)(nil); ; {
		var data struct {
			LoginFlows struct {
				Nodes    []summary
				PageInfo struct {
					HasNextPage bool
					EndCursor   *string
				}
			}
		}
		a.ask(t, `query($after: String) { loginFlows(first: 500, after: $after) { pageInfo { hasNextPage endCursor }
		  nodes { id outcome shape orgId applicationName userId requestId startedAt stages { eventName result gapMs } } } }`, variables{"after": after}, &data)
		all = append(all, data.LoginFlows.Nodes...)
		if after = data.LoginFlows.PageInfo.EndCursor; !data.LoginFlows.PageInfo.HasNextPage {
			return all
		}
	}
}

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

func TestTheFunnelCountsWhatTheListOfFlowsShows(t *testing.T) {
	t.Parallel()
	a := sampleAPI(t)
	var data struct {
		LoginFunnel struct {
			funnelPart
			Groups []struct {
				Value string
				funnelPart
			}
			Rest *funnelPart
		}
	}
	a.ask(t, `{ loginFunnel(by: APPLICATION, groups: 2) { ...part groups { value flows outcomes { outcome count } steps { name reached } } rest { flows } } }
	  fragment part on LoginFunnel { flows outcomes { outcome count } steps { name reached ended failed share gap { count p50Ms p95Ms } } }`, nil, &data)
	funnel, flows := data.LoginFunnel, allFlows(t, a)
	outcomes, reached, apps := map[string]int{}, map[string]int{}, map[string]int{}
	gaps := map[string][]float64{}
	for _, f := range flows {
		outcomes[f.Outcome]++
		if f.ApplicationName != nil {
			apps[*f.ApplicationName]++
		}
		met := map[string]bool{}
		for i, stage := range f.Stages {
			name := stepName(stage.EventName, stage.Result)
			if met[name] {
				continue
			}
			met[name] = true
			reached[name]++
			if i > 0 && stepName(f.Stages[i-1].EventName, f.Stages[i-1].Result) != name {
				gaps[name] = append(gaps[name], stage.GapMs)
			}
		}
	}
	if funnel.Flows != len(flows) || len(funnel.Outcomes) != len(outcomes) || len(funnel.Steps) != len(reached) {
		t.Errorf("%d flows, %d outcomes, %d steps; the list has %d, %d, %d", funnel.Flows, len(funnel.Outcomes), len(funnel.Steps), len(flows), len(outcomes), len(reached))
	}
	for _, o := range funnel.Outcomes {
		if o.Count != outcomes[o.Outcome] {
			t.Errorf("%d %s, the list has %d", o.Count, o.Outcome, outcomes[o.Outcome])
		}
	}
	for _, step := range funnel.Steps {
		spans := gaps[step.Name]
		slices.Sort(spans)
		if step.Reached != reached[step.Name] || math.Abs(step.Share-float64(step.Reached)/float64(len(flows))) > 1e-9 ||
			(step.Gap == nil) != (len(spans) == 0) {
			t.Errorf("%+v, the list has %d", step, reached[step.Name])
			continue
		}
		if step.Gap != nil && (step.Gap.Count != len(spans) || step.Gap.P50Ms != spans[(len(spans)+1)/2-1] || step.Gap.P95Ms != spans[(len(spans)*95+99)/100-1]) {
			t.Errorf("%s: %+v of %d spans, median %v", step.Name, *step.Gap, len(spans), spans[(len(spans)+1)/2-1])
		}
	}
	rest := len(flows)
	for _, group := range funnel.Groups {
		if rest -= group.Flows; group.Flows != apps[group.Value] {
			t.Errorf("%d flows to %s, the list has %d", group.Flows, group.Value, apps[group.Value])
		}
	}
	if len(funnel.Groups) != 2 || funnel.Rest == nil || funnel.Rest.Flows != rest {
		t.Errorf("%d groups, the rest is %+v instead of %d", len(funnel.Groups), funnel.Rest, rest)
	}
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

func TestShapesAreCountedRareOnesFirst(t *testing.T) {
	t.Parallel()
	a := sampleAPI(t)
	var data struct {
		LoginFlowShapes struct {
			Flows, Total int
			Shapes       []struct {
				Shape               string
				Count               int
				Share               float64
				FirstSeen, LastSeen time.Time
				Example             struct {
					ID      string
					Verdict struct{ Text string }
				}
			}
		}
	}
	a.taken()
	a.ask(t, `{ loginFlowShapes(first: 500) { flows total shapes { shape count share firstSeen lastSeen example { id verdict { text } } } } }`, nil, &data)
	if calls := a.taken(); len(calls) != 2 {
		t.Errorf("shapes with examples cost %q", calls)
	}
	byShape := map[string][]summary{} // newest first
	flows := allFlows(t, a)
	for _, f := range flows {
		byShape[f.Shape] = append(byShape[f.Shape], f)
	}
	shapes := data.LoginFlowShapes
	if shapes.Flows != len(flows) || shapes.Total != len(byShape) || len(shapes.Shapes) != len(byShape) {
		t.Errorf("%d shapes of %d flows; the list has %d of %d", shapes.Total, shapes.Flows, len(byShape), len(flows))
	}
	for i, shape := range shapes.Shapes {
		of := byShape[shape.Shape]
		if i > 0 && cmp.Or(cmp.Compare(shapes.Shapes[i-1].Count, shape.Count), cmp.Compare(shapes.Shapes[i-1].Shape, shape.Shape)) >= 0 {
			t.Errorf("%s is out of order", shape.Shape)
		}
		if shape.Count != len(of) || !shape.FirstSeen.Equal(of[len(of)-1].StartedAt) || !shape.LastSeen.Equal(of[0].StartedAt) ||
			shape.Example.ID != of[0].ID || shape.Example.Verdict.Text == "" {
			t.Errorf("got %+v, the list has %d, the last %s", shape, len(of), of[0].ID)
		}
	}
}

type comparison struct {
	A        summary
	B        *summary
	Baseline string
	Stages   []struct {
		Match string
		A, B  *struct {
			EventName, Result *string
			Records           []struct{ UniqueID string }
		}
	}
	Parting     *struct{ Common int }
	Differences []struct {
		Field string
		A, B  []string
	}
	LongerByMs *float64
}

const compare = `query($a: ID!, $b: ID, $orgId: String) { compareLoginFlows(a: $a, b: $b, orgId: $orgId) { a { id } b { id startedAt } baseline
  stages { match a { eventName result records { uniqueId } } b { eventName result records { uniqueId } } } parting { common a { eventName } b { eventName } }
  differences { field a b } longerByMs } }`

func TestAFlowIsComparedWithTheUsersLastGoodOne(t *testing.T) {
	t.Parallel()
	a := sampleAPI(t)
	flows := allFlows(t, a)
	compared := 0
	for i, f := range flows { // newest first
		if f.UserID == nil || f.Outcome != "DENIED" && f.Outcome != "FAILED" {
			continue
		}
		at := slices.IndexFunc(flows[i+1:], func(g summary) bool {
			return g.OrgID == f.OrgID && g.UserID != nil && *g.UserID == *f.UserID && g.Outcome == "SUCCEEDED" && g.StartedAt.Before(f.StartedAt)
		})
		var data struct{ CompareLoginFlows comparison }
		a.ask(t, compare, variables{"a": f.ID}, &data)
		got := data.CompareLoginFlows
		if (got.B != nil) != (at >= 0) || got.B != nil && got.B.ID != flows[i+1+at].ID || got.A.ID != f.ID {
			t.Errorf("%s is compared with %+v (%s)", f.ID, got.B, got.Baseline)
		}
		if got.B == nil {
			continue
		}
		compared++
		stages := 0
		for _, stage := range got.Stages {
			if stage.A != nil {
				stages++
				if len(stage.A.Records) == 0 {
					t.Errorf("stage %v has no records", *stage.A.EventName)
				}
			}
		}
		if stages != len(f.Stages) || got.Parting == nil || got.LongerByMs == nil || !slices.ContainsFunc(got.Differences, func(d struct {
			Field string
			A, B  []string
		}) bool {
			return d.Field == "OUTCOME" && slices.Equal(d.B, []string{"SUCCEEDED"})
		}) {
			t.Errorf("%s: %+v", f.ID, got)
		}
	}
	if compared == 0 {
		t.Error("nothing could be compared")
	}
}

func TestTwoFlowsAreNamedByGlobalOrRequestID(t *testing.T) {
	t.Parallel()
	a := newAPI(t, append(slices.Clone(twins), attempts...)...)
	var data struct{ CompareLoginFlows *comparison }
	a.ask(t, compare, variables{"a": "ra", "b": "rb"}, &data)
	got := data.CompareLoginFlows
	if got == nil || got.Baseline != "GIVEN" || got.Parting == nil || got.Parting.Common != 0 || *got.LongerByMs != 4000 {
		t.Fatalf("got %+v", got)
	}
	first := got.A.ID
	a.ask(t, compare, variables{"a": first, "b": got.B.ID}, &data)
	if data.CompareLoginFlows.A.ID != first || *data.CompareLoginFlows.LongerByMs != 4000 {
		t.Errorf("by global ids: %+v", data.CompareLoginFlows)
	}
	for name, vars := range map[string]variables{"unknown a": {"a": "x"}, "unknown b": {"a": "ra", "b": "x"}, "another org": {"a": first, "orgId": "two"}} {
		if a.ask(t, compare, vars, &data); data.CompareLoginFlows != nil {
			t.Errorf("%s: %+v", name, data.CompareLoginFlows)
		}
	}
	if err := a.refused(t, compare, variables{"a": "r"}); err.Extensions["field"] != "orgId" {
		t.Errorf("got %q %v", err.Message, err.Extensions)
	}
	a.askAs(t, audit.MemberOf("eve", "elsewhere", audit.RoleOwner), compare, variables{"a": first}, &data)
	if data.CompareLoginFlows != nil {
		t.Errorf("a stranger gets %+v", data.CompareLoginFlows)
	}
}

func TestQualityCountsWhatListsCount(t *testing.T) {
	t.Parallel()
	a := sampleAPI(t)
	type coverage struct {
		Records int
		IDs     []struct {
			ID      string
			Records int
		}
	}
	var data struct {
		CorrelationQuality struct {
			coverage
			Flows  int
			Stages []struct {
				EventName string
				coverage
			}
			Days    []coverage
			Orphans struct {
				Flows, Records int
				By             []struct {
					Via     string
					Flows   int
					Example struct{ RequestID *string }
				}
			}
		}
		AuthAudits           struct{ TotalCount int }
		LoginFlows           struct{ TotalCount int }
		Alone                struct{ TotalCount int }
		Requests, Sessions   struct{ TotalCount int }
		PolicyRecords, Early struct{ TotalCount int }
	}
	a.ask(t, `{ correlationQuality { records flows ids { id records } stages { eventName records } days { records ids { id } }
	  orphans { flows records by { via flows example { requestId } } } }
	  authAudits { totalCount } loginFlows { totalCount } alone: loginFlows(filter: {missing: [REQUEST]}) { totalCount }
	  requests: authAudits(filter: {requestId: {exists: true}}) { totalCount } sessions: authAudits(filter: {session: {exists: true}}) { totalCount }
	  policyRecords: authAudits(filter: {eventName: {eq: "Policy Evaluation"}}) { totalCount } }`, nil, &data)
	quality := data.CorrelationQuality
	if quality.Records != data.AuthAudits.TotalCount || quality.Flows != data.LoginFlows.TotalCount || quality.Orphans.Flows != data.Alone.TotalCount {
		t.Errorf("%d records, %d flows, %d orphans; the lists have %+v", quality.Records, quality.Flows, quality.Orphans.Flows, data)
	}
	for _, id := range quality.IDs {
		if want := map[string]int{"REQUEST": data.Requests.TotalCount, "SESSION": data.Sessions.TotalCount}[id.ID]; want != 0 && id.Records != want {
			t.Errorf("%d records have %s, want %d", id.Records, id.ID, want)
		}
	}
	for _, stage := range quality.Stages {
		if stage.EventName == "Policy Evaluation" && stage.Records != data.PolicyRecords.TotalCount {
			t.Errorf("%d records at %s, want %d", stage.Records, stage.EventName, data.PolicyRecords.TotalCount)
		}
	}
	for _, by := range quality.Orphans.By {
		if by.Example.RequestID != nil {
			t.Errorf("an orphan has the request id %s", *by.Example.RequestID)
		}
	}
	a.ask(t, `{ correlationQuality(time: {lt: "2026-10-01", gte: "2026-09-01"}) { records flows } }`, nil, &data)
	if data.CorrelationQuality.Records != 0 || data.CorrelationQuality.Flows != 0 {
		t.Errorf("before the sample there are %+v", data.CorrelationQuality)
	}
	if err := a.refused(t, `{ correlationQuality(time: {gte: "2020-01-01"}) { records } }`, nil); err.Extensions["code"] != "BAD_USER_INPUT" || err.Extensions["field"] != "time" {
		t.Errorf("got %q %v", err.Message, err.Extensions)
	}
}
