package graph_test

import (
	"slices"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

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
	Differences []difference
	LongerByMs  *float64
}

type difference struct {
	Field string
	A, B  []string
}

const compare = `query($a: ID!, $b: ID, $orgId: String) { compareLoginFlows(a: $a, b: $b, orgId: $orgId) { a { id } b { id startedAt } baseline
  stages { match a { eventName result records { uniqueId } } b { eventName result records { uniqueId } } } parting { common a { eventName } b { eventName } }
  differences { field a b } longerByMs } }`

// lastGood is the last flow of the same user and org that began before and succeeded;
// flows are newest first.
func lastGood(flows []summary, f summary) int {
	return slices.IndexFunc(flows, func(g summary) bool {
		return g.OrgID == f.OrgID && g.UserID != nil && *g.UserID == *f.UserID && g.Outcome == "SUCCEEDED" && g.StartedAt.Before(f.StartedAt)
	})
}

func TestAFlowIsComparedWithTheUsersLastGoodOne(t *testing.T) {
	t.Parallel()
	a := sampleAPI(t)
	flows := allFlows(t, a)
	compared := 0
	for _, f := range flows {
		if f.UserID == nil || f.Outcome != "DENIED" && f.Outcome != "FAILED" {
			continue
		}
		at := lastGood(flows, f)
		var data struct{ CompareLoginFlows comparison }
		a.ask(t, compare, variables{"a": f.ID}, &data)
		got := data.CompareLoginFlows
		if (got.B != nil) != (at >= 0) || got.B != nil && got.B.ID != flows[at].ID || got.A.ID != f.ID {
			t.Errorf("%s is compared with %+v (%s)", f.ID, got.B, got.Baseline)
		}
		if got.B == nil {
			continue
		}
		compared++
		stages := 0
		for _, stage := range got.Stages {
			if stage.A != nil && len(stage.A.Records) > 0 {
				stages++
			}
		}
		outcome := func(d difference) bool { return d.Field == "OUTCOME" && slices.Equal(d.B, []string{"SUCCEEDED"}) }
		if stages != len(f.Stages) || got.Parting == nil || got.LongerByMs == nil || !slices.ContainsFunc(got.Differences, outcome) {
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
