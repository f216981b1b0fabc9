package flow

import (
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// witnessing finds conditions on records that at least one record of every
// matching flow fulfils. Those records lead to the flows, so the condition may
// hold for too many, but never for too few.
type witnessing struct {
	now  time.Time
	idle time.Duration
}

// of returns such a condition, or nil when the node tells nothing of single records.
func (w witnessing) of(n query.Node) query.Node {
	switch n := n.(type) {
	case query.And:
		for _, operand := range n.Nodes {
			if witness := w.of(operand); witness != nil {
				return witness
			}
		}
		return nil
	case query.Or:
		return w.any(n.Nodes)
	case query.None, query.Words, query.ExtraValue, query.HasExtra:
		return n // a flow has the strings and properties of its records
	case query.Exact:
		if n.Field == query.FlowOutcome {
			return w.outcomes(n.Values)
		}
	}
	return fieldWitness(n)
}

// any returns what one of the operands' witnesses fulfils; all must have one.
func (w witnessing) any(operands []query.Node) query.Node {
	witnesses := make([]query.Node, len(operands))
	for i, operand := range operands {
		if witnesses[i] = w.of(operand); witnesses[i] == nil {
			return nil
		}
	}
	return query.AnyOf(witnesses...)
}

// fieldWitness: a flow has the values of its records, and its stages are their
// event names, or stages where those are missing.
func fieldWitness(n query.Node) query.Node {
	field, ok := fieldOf(n)
	switch {
	case !ok:
		return nil
	case field == query.FlowLastStage, field == query.FlowFailedStage, field == query.FlowStage:
		return query.AnyOf(onField(n, query.EventName), onField(n, query.Stage))
	case !field.Known():
		return nil
	}
	return n
}

// onField returns the condition on another field.
func onField(n query.Node, field query.Field) query.Node {
	switch n := n.(type) {
	case query.Exact:
		n.Field = field
		return n
	case query.ExactPrefix:
		n.Field = field
		return n
	case query.FieldValue:
		n.Field = field
		return n
	case query.Has:
		n.Field = field
		return n
	}
	return query.All{}
}

// outcomes returns what the deciding record of such an outcome says. An attempt
// that is in progress has a record that is not older than the idle limit; that
// nothing happened, as in an abandoned one, no record says.
func (w witnessing) outcomes(values []string) query.Node {
	var witnesses []query.Node
	for _, value := range values {
		outcome := audit.FlowOutcome(value)
		switch outcome {
		case audit.Abandoned:
			return nil
		case audit.InProgress:
			witnesses = append(witnesses, query.TimeRange{From: w.now.Add(-w.idle)})
		}
		for _, result := range resultsOf[outcome] {
			witnesses = append(witnesses, query.FieldValue{Field: query.Result, Value: result},
				query.FieldValue{Field: query.Event, Value: result})
		}
	}
	return query.AnyOf(witnesses...)
}

// resultsOf lists the results that a record deciding an outcome may have.
var resultsOf = map[audit.FlowOutcome][]string{
	audit.Succeeded: {success, create, codeIssued},
	audit.Denied:    {denied},
	audit.Failed:    {failure},
	audit.TimedOut:  {timeout},
	audit.Expired:   {sessionExpired},
}
