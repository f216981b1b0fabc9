package flow

import (
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// plan is what a flow query lets us say about the records of the flows that it
// finds. It only saves reading: every flow is matched by itself afterwards.
type plan struct {
	anchors   query.Node   // holds for the record that a flow is listed by
	witnesses []query.Node // each holds for at least one record of every flow
}

// maxWitnesses is how many conditions are tried as the way in.
const maxWitnesses = 3

func (r *Reader) planOf(w walk, now time.Time) plan {
	conditions := conjuncts(w.query.Where)
	span := spanOf(conditions)
	every := []query.Node{query.Has{Field: query.RequestID}}
	for _, c := range conditions {
		if sameForAll(c) {
			every = append(every, c)
		}
	}
	p := plan{anchors: query.AllOf(append(every, condition(span.anchor(w.order.Field)))...)}
	every = append(every, condition(span.any()))
	var witnesses []query.Node
	if len(conjuncts(w.query.Search)) > 0 {
		witnesses = append(witnesses, w.query.Search)
	}
	for _, c := range conditions {
		if field, _ := fieldOf(c); field == query.OrgID {
			continue // it is in every condition already, and no way into a list
		}
		if witness := (witnessing{now: now, idle: r.idle}).of(c); witness != nil {
			witnesses = append(witnesses, witness)
		}
	}
	for _, witness := range witnesses[:min(len(witnesses), maxWitnesses)] {
		p.witnesses = append(p.witnesses, query.AllOf(append(every, witness)...))
	}
	return p
}

// conjuncts returns conditions that must all hold.
func conjuncts(n query.Node) []query.Node {
	switch n := n.(type) {
	case nil, query.All:
		return nil
	case query.And:
		var all []query.Node
		for _, operand := range n.Nodes {
			all = append(all, conjuncts(operand)...)
		}
		return all
	}
	return []query.Node{n}
}

// sameForAll reports whether a condition holds for all records of a flow or for
// none: they share their org and their request id.
func sameForAll(n query.Node) bool {
	field, ok := fieldOf(n)
	return ok && (field == query.OrgID || field == query.RequestID)
}

// fieldOf returns the field of a condition that holds when a value of it does.
func fieldOf(n query.Node) (query.Field, bool) {
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
	case query.Network:
		return n.Field, true
	}
	return "", false
}

// span is between what times flows begin and end; zero bounds are open.
type span struct{ begin, end query.TimeRange }

func spanOf(conditions []query.Node) span {
	var s span
	for _, c := range conditions {
		switch c := c.(type) {
		case query.TimeRange:
			s.begin = narrower(s.begin, c)
		case query.NumberRange:
			if c.Field == query.FlowEndedAt {
				s.end = narrower(s.end, query.TimeRange{From: instant(c.Min), To: instant(c.Max)})
			}
		}
	}
	return s
}

// anchor returns the range of the record that a list goes by. A flow does not
// end before it begins.
func (s span) anchor(field audit.FlowOrderField) query.TimeRange {
	if field == audit.ByEnd {
		return narrower(s.end, query.TimeRange{From: s.begin.From})
	}
	return narrower(s.begin, query.TimeRange{To: s.end.To})
}

// any returns the range that holds every record of a flow.
func (s span) any() query.TimeRange { return query.TimeRange{From: s.begin.From, To: s.end.To} }

// condition returns the range as a condition, nil when it is open at both ends.
func condition(r query.TimeRange) query.Node {
	if r.From.IsZero() && r.To.IsZero() {
		return nil
	}
	return r
}

// narrower returns the range that lies in both.
func narrower(a, b query.TimeRange) query.TimeRange {
	if b.From.After(a.From) {
		a.From = b.From
	}
	if a.To.IsZero() || !b.To.IsZero() && b.To.Before(a.To) {
		a.To = b.To
	}
	return a
}

// instant reads nanoseconds since 1970.
func instant(nanoseconds *int64) time.Time {
	if nanoseconds == nil {
		return time.Time{}
	}
	return time.Unix(0, *nanoseconds).UTC()
}
