package flow

import (
	"time"

	"github.com/authtrail/authtrail/audit"
)

// Build puts the flow of one attempt together from its own records alone: the
// auth records of the org that carry the request id, in any order, repeats
// allowed. It returns nil when there are none.
//
// The result depends on the set of records alone, and on now only to tell an
// attempt that is undecided and idle (ABANDONED) from one that is still going on.
func Build(org, requestID string, records []*audit.Record, now time.Time, idle time.Duration) *audit.Flow {
	g := &gathered{key: Key{audit.ViaRequest, requestID}}
	for _, r := range records {
		g.take(r, audit.ViaRequest)
	}
	s := g.stitched(org)
	if s == nil {
		return nil
	}
	return s.Flow(now, idle)
}

// Crowding returns rules under which an id on more than so few records is not followed.
func (r Rules) Crowding(most int) Rules {
	r.tied = most
	return r
}
