package flow

import (
	"cmp"
	"maps"
	"slices"

	"github.com/authtrail/authtrail/audit"
)

// gathered is a flow while its records come together.
type gathered struct {
	key       Key
	records   []*audit.Record
	via       map[string]audit.LinkVia // by unique_id
	conflicts map[audit.FlowConflict]bool
	cut       bool // there are more records than were taken
}

func (g *gathered) take(r *audit.Record, via audit.LinkVia) {
	if g.via == nil {
		g.via = map[string]audit.LinkVia{}
	}
	g.records = append(g.records, r)
	g.via[r.UniqueID] = via
}

func (g *gathered) conflict(conflicts ...audit.FlowConflict) {
	for _, c := range conflicts {
		g.conflicts[c] = true
	}
}

// consider takes a record that belongs here. What was not followed is told by
// the flow of the record, and by those attempts that it did not lead to.
func (g *gathered) consider(r *audit.Record, p *placement) {
	here := p.key == g.key
	if here {
		g.take(r, p.via)
	}
	for _, refused := range p.refused {
		if here || g.key.Via == audit.ViaRequest && slices.Contains(refused.attempts, g.key.Value) {
			g.conflict(refused.conflict)
		}
	}
}

// stitched returns the flow; nil when nothing is in it.
func (g *gathered) stitched(org string) *Stitched {
	if len(g.records) == 0 {
		return nil
	}
	records, truncated := fitting(ordered(g.records))
	s := &Stitched{Org: org, Key: g.key, Truncated: truncated || g.cut, Links: make([]audit.Link, len(records))}
	for i, r := range records {
		via := g.via[r.UniqueID]
		s.Links[i] = audit.Link{Record: r, Via: via, Strength: strengthOf(via)}
	}
	s.Conflicts = g.reported()
	return s
}

// maxConflictBytes is how many bytes the values of the reported conflicts come to
// at most. Ids are short; one who sends long ones gets fewer reports.
const maxConflictBytes = 1 << 20

// reported returns the conflicts in order, as many as fit.
func (g *gathered) reported() []audit.FlowConflict {
	conflicts := slices.SortedFunc(maps.Keys(g.conflicts), func(a, b audit.FlowConflict) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Reason, b.Reason))
	})
	var size int
	for i, c := range conflicts {
		if size += len(c.Value) + len(c.Reason); size > maxConflictBytes {
			return conflicts[:i]
		}
	}
	return conflicts
}
