package insight

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Orphans are auth records that nothing ties to an attempt: they make up flows
// that stand alone, without a request id.
type Orphans struct {
	Flows   int
	Records int // of these flows, as far as they hold them
	// By says what holds these flows together: a trace, a session, or nothing. Those
	// that occur, in this order.
	By []OrphanCount
}

// OrphanCount is how many flows stand alone that are held together by one kind of id.
type OrphanCount struct {
	Via            audit.LinkVia // ViaTrace, ViaSession, or ViaRecord: its one record has neither that can be followed
	Flows, Records int
	Example        *audit.Flow // the summary of the latest one, ties by id
}

// ConflictCount is how often ids of one kind were not followed for one reason.
type ConflictCount struct {
	Key, Reason string // as audit.FlowConflict
	Flows       int    // flows that report it
	Values      int    // different ids
	// Example is the summary of the latest flow that reports it, ties by id, and
	// ExampleValue the first id of which it does.
	Example      *audit.Flow
	ExampleValue string
}

// ClockSkew is what flows tell of clocks that differ: those in which a later step
// of the pipeline carries an earlier time.
type ClockSkew struct {
	Flows   int         // flows in which that is so
	Share   float64     // of all flows, from 0 to 1
	By      *Spread     // by how much; nil when there are none
	Example *audit.Flow // the summary of the one with most, ties the latest, then by id
}

// doubtCount gathers what flows tell of how well they could be stitched.
type doubtCount struct {
	flows     int
	orphans   map[audit.LinkVia]*OrphanCount
	conflicts map[[2]string]*countedConflict // by key and reason
	skews     []time.Duration
	skewed    *audit.Flow
	most      time.Duration
}

type countedConflict struct {
	ConflictCount
	values map[string]bool
}

func newDoubtCount() *doubtCount {
	return &doubtCount{orphans: map[audit.LinkVia]*OrphanCount{}, conflicts: map[[2]string]*countedConflict{}}
}

func (c *doubtCount) add(row *audit.Record, f *audit.Flow) {
	c.flows++
	if f.RequestID == "" {
		c.orphan(row, f)
	}
	counted := map[[2]string]bool{}
	for _, conflict := range f.Conflicts {
		key := [2]string{conflict.Key, conflict.Reason}
		c.conflict(key, conflict.Value, f, counted[key])
		counted[key] = true
	}
	if skew := skewOf(f); skew > 0 {
		c.skews = append(c.skews, skew)
		if skew > c.most || skew == c.most && later(f, c.skewed) {
			c.most, c.skewed = skew, f
		}
	}
}

// orphan counts a flow that stands alone. All its records are in it for the same reason.
func (c *doubtCount) orphan(row *audit.Record, f *audit.Flow) {
	via := audit.ViaRecord
	if value, ok := row.Get(query.FlowVia); ok {
		via = audit.LinkVia(value)
	}
	o := c.orphans[via]
	if o == nil {
		o = &OrphanCount{Via: via}
		c.orphans[via] = o
	}
	o.Flows++
	for i := range f.Stages {
		o.Records += f.Stages[i].Count
	}
	if later(f, o.Example) {
		o.Example = f
	}
}

func (c *doubtCount) conflict(key [2]string, value string, f *audit.Flow, again bool) {
	counted := c.conflicts[key]
	if counted == nil {
		counted = &countedConflict{ConflictCount: ConflictCount{Key: key[0], Reason: key[1]}, values: map[string]bool{}}
		c.conflicts[key] = counted
	}
	if !counted.values[value] {
		counted.values[strings.Clone(value)] = true // which alone is to stay in memory, and not the row that it is part of
	}
	if again {
		return
	}
	counted.Flows++
	if later(f, counted.Example) {
		counted.Example, counted.ExampleValue = f, value
	}
}

// report adds what was gathered.
func (c *doubtCount) report(quality *Quality) {
	quality.Flows = c.flows
	for _, via := range []audit.LinkVia{audit.ViaTrace, audit.ViaSession, audit.ViaRecord} {
		if o := c.orphans[via]; o != nil {
			quality.Orphans.Flows += o.Flows
			quality.Orphans.Records += o.Records
			quality.Orphans.By = append(quality.Orphans.By, *o)
		}
	}
	for counted := range maps.Values(c.conflicts) {
		counted.Values = len(counted.values)
		quality.Conflicts = append(quality.Conflicts, counted.ConflictCount)
	}
	slices.SortFunc(quality.Conflicts, func(a, b ConflictCount) int {
		return cmp.Or(cmp.Compare(b.Flows, a.Flows), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Reason, b.Reason))
	})
	quality.ClockSkew = ClockSkew{Flows: len(c.skews), Share: share(len(c.skews), c.flows), By: spreadOf(c.skews), Example: c.skewed}
}

// skewOf returns by how much later steps of the pipeline carry earlier times than
// steps before them, at most; 0 when none does. What counts is when each step was
// first reached: that an attempt comes back to a step says nothing of clocks. Steps
// that the pipeline does not know are left out.
func skewOf(f *audit.Flow) time.Duration {
	var reached [len(pipeline)]time.Time
	for i := range f.Stages {
		stage := &f.Stages[i]
		if at := pipelinePlace(stepName(stage)); at < len(pipeline) && reached[at].IsZero() {
			reached[at] = stage.StartedAt
		}
	}
	var skew time.Duration
	var latest time.Time
	for _, at := range reached {
		switch {
		case at.IsZero():
		case at.After(latest):
			latest = at
		default:
			skew = max(skew, latest.Sub(at))
		}
	}
	return skew
}
