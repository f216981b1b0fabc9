package insight

import (
	"context"

	"github.com/authtrail/authtrail/audit"
)

// Funnel says how far login flows get.
type Funnel struct {
	FunnelPart // of all flows

	// Groups are the parts of the most frequent values of what the flows are split
	// by, ties by value; none when they are not split.
	Groups []FunnelGroup
	// Rest is the part of the flows with other values; nil when there are none.
	Rest *FunnelPart
	// Values is how many different values there are, none of them included.
	Values int
	// StepsLeftOut is how many steps are missing, of those that the pipeline does not
	// know, since there are more than MaxSteps.
	StepsLeftOut int
}

// FunnelGroup is the part of the flows that have one value in common.
type FunnelGroup struct {
	Value string // empty: the flows that name none
	FunnelPart
}

// FunnelPart says how far some flows get.
type FunnelPart struct {
	Flows    int
	Outcomes []OutcomeCount // those that occur, in the order of audit.FlowOutcomes
	Steps    []FunnelStep   // the same ones, in the same order, in all parts of a funnel
}

// FunnelStep says how many flows got to a step of the pipeline.
type FunnelStep struct {
	Name      string         // the event name, or "Code Issued"; empty for records that have none
	Reached   int            // flows with a stage at it
	Share     float64        // of all flows of the part, from 0 to 1
	Failed    int            // flows that did not succeed, and were decided at it
	Ended     int            // flows whose last stage is at it
	EndedWith []OutcomeCount // how those ended
	// Gap is how long after the stage before it flows reached it for the first time;
	// nil when none reached it from another stage.
	Gap *Spread
}

// Split is what a funnel is split by.
type Split string

// The splits.
const (
	Whole         Split = "" // not at all
	ByApplication Split = "APPLICATION"
	ByUpstreamIDP Split = "UPSTREAM_IDP"
	ByOrg         Split = "ORG"
)

// of returns the value of a flow.
func (s Split) of(f *audit.Flow) string {
	switch s {
	case ByApplication:
		return f.ApplicationName
	case ByUpstreamIDP:
		return f.UpstreamIDP
	case ByOrg:
		return f.Org
	}
	return ""
}

// MaxGroups is the most groups that a funnel may be split into, beside the rest.
const MaxGroups = 50

// ReadFunnel returns the funnel of the flows that a query finds, split into the
// largest groups, as many as given, and the rest. Kinds, Order and Window do not matter.
func ReadFunnel(ctx context.Context, flows Flows, q audit.Query, by Split, groups int) (*Funnel, error) {
	switch by {
	case Whole:
	case ByApplication, ByUpstreamIDP, ByOrg:
		if groups < 1 || groups > MaxGroups {
			return nil, audit.Invalid("groups", "must be from 1 to %d", MaxGroups)
		}
	default:
		return nil, audit.Invalid("by", "%q is nothing to split by", by)
	}
	c := newFunnelCount(by)
	if err := each(ctx, flows, q, func(_ *audit.Record, f *audit.Flow) { c.add(f) }); err != nil {
		return nil, err
	}
	return c.funnel(groups), nil
}
