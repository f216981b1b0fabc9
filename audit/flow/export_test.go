package flow

import (
	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Bounded makes the reader's bounds so small that few records reach them.
func (r *Reader) Bounded(pageSize, scanLimit, narrowLimit int) *Reader {
	bounded := *r
	bounded.pageSize, bounded.scanLimit, bounded.narrowLimit = pageSize, scanLimit, narrowLimit
	return &bounded
}

// Planned returns what a query's plan says of the record that a flow is listed
// by, and of some record of every flow.
func (r *Reader) Planned(q audit.FlowQuery) (anchors query.Node, witnesses []query.Node) {
	p := r.planOf(r.walkOf(q), r.now())
	return p.anchors, p.witnesses
}

// Crowding returns rules under which an id on more than so few records is not followed.
func (r Rules) Crowding(most int) Rules {
	r.tied = most
	return r
}
