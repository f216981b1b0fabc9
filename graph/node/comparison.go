package node

import (
	"context"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/insight"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/graph/model"
)

// Comparison is two login flows side by side.
type Comparison struct {
	*insight.Comparison
	A, B *LoginFlow
}

// AlignedStage is a stage of either flow, or one of each.
type AlignedStage struct {
	Match insight.StageMatch
	A, B  *Stage
}

// Parting is where two flows part.
type Parting struct {
	Common int
	A, B   *Stage
}

// Compare compares a flow with another or, without one, with the user's last one that
// succeeded. It returns nil when there is no such flow.
func (r *Reader) Compare(ctx context.Context, a string, b, org *string) (*Comparison, error) {
	first, err := r.anyFlow(ctx, a, org)
	if first == nil || err != nil {
		return nil, err
	}
	if b == nil {
		baseline, why, err := insight.FindBaseline(ctx, r.Flows, first)
		if err != nil {
			return nil, err
		}
		return r.compared(first, baseline, why), nil
	}
	second, err := r.anyFlow(ctx, *b, org)
	if second == nil || err != nil {
		return nil, err
	}
	return r.compared(first, second, insight.Given), nil
}

// anyFlow returns the flow with a global id or a request id; nil for none.
func (r *Reader) anyFlow(ctx context.Context, id string, org *string) (*audit.Flow, error) {
	global, ok := parseGlobalID(id)
	if !ok {
		found, err := r.LoginFlow(ctx, id, org)
		if found == nil || err != nil {
			return nil, err
		}
		return found.whole(), nil
	}
	if global.kind != loginFlowID || org != nil && *org != global.org {
		return nil, nil
	}
	rows, err := r.flowRows(ctx, query.FlowID, []audit.LookupKey{{Org: global.org, Value: global.id}})
	if err != nil || rows[0] == nil {
		return nil, err
	}
	return r.Flows.Flow(rows[0]), nil
}

func (r *Reader) compared(a, b *audit.Flow, why insight.Baseline) *Comparison {
	group := &flowGroup{reader: r, flows: []*audit.Flow{a}}
	c := &Comparison{Comparison: insight.Compare(a, b, why), A: &LoginFlow{Flow: a, group: group}}
	if b != nil {
		group.flows = append(group.flows, b)
		c.B = &LoginFlow{Flow: b, group: group, at: 1}
	}
	return c
}

func (c *Comparison) stage(stage *audit.Stage) *Stage {
	if stage == nil {
		return nil
	}
	shown := c.A.group.stage(*stage)
	return &shown
}

// Stages are the stages of both side by side.
func (c *Comparison) Stages() []AlignedStage {
	stages := make([]AlignedStage, len(c.Comparison.Stages))
	for i, aligned := range c.Comparison.Stages {
		stages[i] = AlignedStage{Match: aligned.Match, A: c.stage(aligned.A), B: c.stage(aligned.B)}
	}
	return stages
}

// Parting is where they part.
func (c *Comparison) Parting() *Parting {
	parting := c.Comparison.Parting
	if parting == nil {
		return nil
	}
	return &Parting{Common: parting.Common, A: c.stage(parting.A), B: c.stage(parting.B)}
}

// LongerByMs is how much longer the first took.
func (c *Comparison) LongerByMs() *model.Millis {
	if c.LongerBy == nil {
		return nil
	}
	longer := model.MillisOf(*c.LongerBy)
	return &longer
}
