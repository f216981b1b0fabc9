package flow

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// maxTied is how many records an id may be on and still be followed.
const maxTied = 1_000

// Rules are what stitching can be told.
type Rules struct {
	// Idle is for how long after its last record an attempt keeps its sessions open.
	Idle time.Duration

	tied int // maxTied, where a test does not set it lower
}

func (r Rules) maxTied() int { return cmp.Or(r.tied, maxTied) }

// Neighbourhood is what is known of one org's auth records: for each id that was
// looked up, the records that have it. It stitches the flows that this decides,
// and of others says which ids to look up next:
//
//	n := flow.NewNeighbourhood(org, rules)
//	for {
//		flows, missing := n.Stitch(wanted)
//		if len(missing) == 0 {
//			return flows
//		}
//		… look the missing ids up, one round trip for each kind of id, and n.Learn each
//	}
//
// A flow is made from nothing but the records of ids that are known whole, so
// what it comes to is what all records of the org would make of it. Whatever is
// asked of a Neighbourhood, the loop ends after at most MaxRounds rounds, since
// ids are followed from REQUEST records to those without a request_id and from
// those to the attempts that they might belong to, and there it ends.
//
// Nothing here reads a store or a clock. A Neighbourhood is for one goroutine.
type Neighbourhood struct {
	org     string
	rules   Rules
	whole   bool // it holds all records of the org: an id that is not known is on none
	ids     byID[*having]
	records map[string]*audit.Record // by unique_id
	unseen  func(ID) bool            // nil: of no id
}

// NewNeighbourhood returns one of an org that knows nothing yet.
func NewNeighbourhood(org string, rules Rules) *Neighbourhood {
	return &Neighbourhood{org: org, rules: rules, ids: newByID[*having](), records: map[string]*audit.Record{}}
}

// Unseen saves look-ups: an id is not missing where unseen says that no record had
// it before those that are at hand when it is looked at. Who follows a feed from its
// beginning can say so of ids that he has not met: what the store may have of them
// by now comes in its turn, and is then among the changed records. It must be called
// before anything else is.
func (n *Neighbourhood) Unseen(unseen func(ID) bool) { n.unseen = unseen }

// Size returns how many records are at hand. A neighbourhood that goes on for long
// should be dropped for a new one when they are too many.
func (n *Neighbourhood) Size() int { return len(n.records) }

// CrowdedConflict returns what a flow reports of an id that is on more than 1,000 records.
func (r Rules) CrowdedConflict(id ID) audit.FlowConflict { return crowdedConflict(id, r.maxTied()) }

func crowdedConflict(id ID, most int) audit.FlowConflict {
	return audit.FlowConflict{Key: string(id.Field), Value: id.Value, Reason: fmt.Sprintf("more than %d records have it", most)}
}

// tied is the records that have an id, and whether it can be trusted.
type tied struct {
	id        ID
	records   []*audit.Record // in time order
	alone     []*audit.Record // those of them without a request_id
	attempts  []string        // the request ids of the others, sorted
	crowded   bool
	conflicts []audit.FlowConflict // why it is not followed
}

func tiedBy(id ID, records []*audit.Record, crowded bool, most int) *tied {
	t := &tied{id: id, records: records, crowded: crowded || len(records) > most}
	if t.crowded {
		t.conflicts = append(t.conflicts, crowdedConflict(id, most))
		if t.records = nil; id.Field == query.RequestID {
			t.records, _ = cut(records)
		}
		return t
	}
	for _, r := range records {
		if requestOf(r) == "" {
			t.alone = append(t.alone, r)
		}
	}
	t.attempts = distinct(records, query.RequestID)
	slices.Sort(t.attempts)
	t.judge()
	return t
}

// judge finds what makes an id untrustworthy beside the number of its records.
func (t *tied) judge() {
	switch several := len(t.attempts) > 1; t.id.Field {
	case query.TraceID:
		if several {
			t.distrust("records of more than one attempt have it")
		}
		if severalUsers(t.records) {
			t.distrust("records of more than one user have it")
		}
	case query.TokenID:
		if several {
			t.distrust("more than one attempt issued it")
		}
	}
}

func (t *tied) distrust(reason string) { t.conflicts = append(t.conflicts, t.conflict(reason)) }

func (t *tied) conflict(reason string) audit.FlowConflict {
	return audit.FlowConflict{Key: string(t.id.Field), Value: t.id.Value, Reason: reason}
}

func (t *tied) trusted() bool { return t != nil && len(t.conflicts) == 0 }

// openAt reports whether an attempt, whose records these are, was open at a time.
// One on too many records may have been open at any.
func (t *tied) openAt(at time.Time, idle time.Duration) bool {
	if t.crowded || len(t.records) == 0 {
		return t.crowded
	}
	first, last := t.records[0].Time, t.records[len(t.records)-1].Time
	return !at.Before(first) && !at.After(last.Add(idle))
}
