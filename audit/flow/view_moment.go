package flow

import (
	"iter"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// moment is when a question is asked. It turns what is asked of flows into what
// stores know of them.
type moment struct{ idleBefore int64 } // nanoseconds: flows that ended before this are idle

// flowKinds is what a View asks for.
var flowKinds = []audit.Kind{audit.KindFlow}

func (m moment) query(q audit.Query) audit.Query {
	q.Window.After, q.Window.Before = ofFlows(q.Window.After, q.Kinds), ofFlows(q.Window.Before, q.Kinds)
	q.Kinds = flowKinds
	q.Where = m.node(q.Where)
	return q
}

// ofFlows returns a cursor of a list of these kinds as one of a list of flows.
func ofFlows(c *audit.Cursor, kinds []audit.Kind) *audit.Cursor {
	if c == nil || !slices.Equal(c.Kinds, kinds) {
		return c
	}
	bound := *c
	bound.Kinds = flowKinds
	return &bound
}

// node rewrites a condition: an outcome that depends on the clock is an undecided one
// with an end before or after, and a unique_id is that of a record.
func (m moment) node(n query.Node) query.Node {
	switch n := n.(type) {
	case query.And:
		return query.AllOf(m.nodes(n.Nodes)...)
	case query.Or:
		return query.AnyOf(m.nodes(n.Nodes)...)
	case query.Not:
		return query.Negate(m.node(n.Node))
	}
	switch field, _ := fieldAsked(n); field {
	case query.FlowOutcome:
		return m.outcome(n)
	case query.UniqueID:
		return ofRecord(n)
	}
	return n
}

func (m moment) nodes(operands []query.Node) []query.Node {
	rewritten := make([]query.Node, len(operands))
	for i, operand := range operands {
		rewritten[i] = m.node(operand)
	}
	return rewritten
}

// outcome rewrites a condition on the outcome, of which there are few.
func (m moment) outcome(n query.Node) query.Node {
	var stored []string
	asked := map[audit.FlowOutcome]bool{}
	for _, outcome := range audit.FlowOutcomes {
		if asked[outcome] = query.Match(n, outcomeOnly(outcome)); asked[outcome] && outcome != audit.Abandoned && outcome != audit.InProgress {
			stored = append(stored, string(outcome))
		}
	}
	var open query.Node = query.None{}
	switch {
	case asked[audit.Abandoned] && asked[audit.InProgress]:
		stored = append(stored, undecided)
	case asked[audit.Abandoned]:
		open = m.abandoned()
	case asked[audit.InProgress]:
		open = m.inProgress()
	}
	if len(stored) == 0 {
		return open
	}
	return query.AnyOf(query.Exact{Field: query.FlowOutcome, Values: stored}, open)
}

func (m moment) abandoned() query.Node {
	return query.AllOf(isUndecided, query.NumberRange{Field: query.FlowEndedAt, Max: &m.idleBefore})
}

func (m moment) inProgress() query.Node {
	return query.AllOf(isUndecided, query.NumberRange{Field: query.FlowEndedAt, Min: &m.idleBefore})
}

var isUndecided = query.Exact{Field: query.FlowOutcome, Values: []string{undecided}}

// outcomeOnly is a document with nothing but an outcome.
type outcomeOnly audit.FlowOutcome

func (o outcomeOnly) Values(query.Field) []string      { return []string{string(o)} }
func (outcomeOnly) Strings() iter.Seq2[string, string] { return func(func(_, _ string) bool) {} }
func (outcomeOnly) Extra() iter.Seq2[string, string]   { return func(func(_, _ string) bool) {} }
func (outcomeOnly) Time() time.Time                    { return time.Time{} }

// fieldAsked returns the field that a condition is on, if it is on one.
func fieldAsked(n query.Node) (query.Field, bool) {
	switch n := n.(type) {
	case query.Exact:
		return n.Field, true
	case query.ExactPrefix:
		return n.Field, true
	case query.FieldValue:
		return n.Field, true
	case query.FieldWords:
		return n.Field, true
	case query.Has:
		return n.Field, true
	case query.NumberRange:
		return n.Field, true
	}
	return "", false
}

// ofRecord returns a condition on the id of a row as one on those of its records.
func ofRecord(n query.Node) query.Node {
	switch n := n.(type) {
	case query.Exact:
		n.Field = query.FlowRecordID
		return n
	case query.ExactPrefix:
		n.Field = query.FlowRecordID
		return n
	case query.FieldValue:
		n.Field = query.FlowRecordID
		return n
	case query.FieldWords:
		n.Field = query.FlowRecordID
		return n
	case query.Has:
		n.Field = query.FlowRecordID
		return n
	}
	return n
}
