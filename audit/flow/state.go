package flow

import (
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// State is a flow as it is stored: its records, and what became of it so far.
type State struct {
	Stitched  *Stitched
	Revision  int                  // from 1
	Revisions []audit.FlowRevision // the latest ones, oldest first
	Closed    bool                 // it had been idle for the limit at its latest revision
}

// Revise returns the state of a flow that was stitched anew, and whether it is
// another one. Before is nil for a flow that was not stored; of an old one, the
// first revision closes it at once.
//
// Beside what the records say, a flow changes once by itself: when it has been idle
// for the limit and its last revision does not say so.
func Revise(before *State, after *Stitched, now time.Time, idle time.Duration) (State, bool) {
	closed := isIdle(now, after.Links[len(after.Links)-1].Record.Time, idle)
	if before == nil {
		return State{Stitched: after}.revised(nil, now, closed), true
	}
	changes := changesOf(before.Stitched, after)
	if len(changes) == 0 && (before.Closed || !closed) {
		return *before, false
	}
	next := *before
	next.Stitched = after
	return next.revised(changes, now, closed), true
}

// revised adds a revision.
func (s State) revised(changes []audit.FlowChange, now time.Time, closed bool) State {
	s.Revision++
	s.Closed = closed
	s.Revisions = remembered(append(slices.Clone(s.Revisions), audit.FlowRevision{
		Number: s.Revision, At: now.UTC().Round(0), Closing: closed, Changes: changes}))
	return s
}

// maxRevisionIDs is how many bytes of unique_ids the revisions before the latest
// may name, so that a flow does not grow without end by what it remembers.
const maxRevisionIDs = 64 << 10

// remembered drops the oldest revisions of too many.
func remembered(revisions []audit.FlowRevision) []audit.FlowRevision {
	size := 0
	for i := len(revisions) - 2; i >= 0; i-- {
		for _, change := range revisions[i].Changes {
			for _, id := range slices.Concat(change.Came, change.Went) {
				size += len(id)
			}
		}
		if size > maxRevisionIDs || len(revisions)-i > audit.MaxFlowRevisions {
			return revisions[i+1:]
		}
	}
	return revisions
}
