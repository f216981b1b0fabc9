package flow

import (
	"maps"
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Change is what new records have made different.
type Change struct {
	// Keys are those of the flows that were stitched anew, sorted.
	Keys []Key
	// Flows are what they come to, in the order of Keys: nil for one without
	// records, which perhaps had some before (see Homes).
	Flows []*Stitched
	// Crowded are ids of the new records that are on more than 1,000 records, sorted.
	Crowded []ID
}

// Restitch stitches the flows anew that new records may have changed, whatever
// they came to before: all whose making looks at an id in a way that these records
// bear on; and those that have the other keys given. While ids are missing there
// is no change.
//
// An id that has become Crowded leads to too many records to say here whom that
// concerns. Whoever stores flows therefore, before he stores anything, asks again
// with the keys of those stored ones that carry a Crowded id and do not report its
// Rules.CrowdedConflict, and with the records that are Unsettled.
//
// A neighbourhood may be kept from one batch of new records to the next, and then
// looks up only the ids that it meets for the first time. For this all records
// that come in must be among the changed ones, in their turn.
func (n *Neighbourhood) Restitch(changed []*audit.Record, also []Key) (change Change, missing []ID) {
	a := n.affected(changed)
	if len(a.missing) > 0 {
		return Change{}, a.lacking()
	}
	for _, key := range also {
		a.keys[key] = true
	}
	change.Keys = slices.SortedFunc(maps.Keys(a.keys), compareKeys)
	change.Crowded = slices.SortedFunc(maps.Keys(a.crowded), compareIDs)
	change.Flows, missing = n.Stitch(change.Keys)
	return change, missing
}

// affected finds the flows that new records may have changed.
func (n *Neighbourhood) affected(changed []*audit.Record) *affecting {
	changed = slices.DeleteFunc(slices.Clone(changed), func(r *audit.Record) bool {
		return r.Kind != audit.KindAuth || r.Org != n.org
	})
	n.add(changed)
	a := &affecting{weaver: n.weaver(), keys: map[Key]bool{}, crowded: map[ID]bool{}, moved: map[string]bool{}, grown: map[string]*tied{}}
	for _, r := range changed {
		a.change(r)
	}
	return a
}

// Unsettled returns the records that must be among the changed ones, too, before
// the flows of a change are stored in the place of those before, which have the
// same keys and are nil where none was: records that leave a flow and are in no
// other of these, and the records of flows that come to report a crowded id. There
// are hardly ever any.
func (n *Neighbourhood) Unsettled(before []*Stitched, change Change) []*audit.Record {
	after := change.Flows
	if !slices.ContainsFunc(before, func(s *Stitched) bool { return s != nil }) {
		return nil
	}
	held := map[audit.Key]bool{}
	for _, s := range after {
		for _, link := range s.links() {
			held[link.Record.Key()] = true
		}
	}
	var unsettled []*audit.Record
	for i, s := range before {
		crowded := n.newlyCrowded(s, after[i])
		for _, link := range s.links() {
			if crowded || !held[link.Record.Key()] {
				unsettled = append(unsettled, link.Record)
			}
		}
	}
	return unsettled
}

func (n *Neighbourhood) newlyCrowded(before, after *Stitched) bool {
	if before == nil || after == nil {
		return false
	}
	return slices.ContainsFunc(after.Conflicts, func(c audit.FlowConflict) bool {
		return c == n.rules.CrowdedConflict(ID{query.Field(c.Key), c.Value}) && !slices.Contains(before.Conflicts, c)
	})
}

func (s *Stitched) links() []audit.Link {
	if s == nil {
		return nil
	}
	return s.Links
}

type affecting struct {
	*weaver
	keys    map[Key]bool
	crowded map[ID]bool
	moved   map[string]bool  // by unique_id
	grown   map[string]*tied // by request id
}

// see looks at an id of a changed record; nil when it leads nowhere.
func (a *affecting) see(id ID) *tied {
	t := a.look(id)
	if t != nil && t.crowded {
		a.crowded[id] = true
		return nil
	}
	return t
}

func (a *affecting) change(r *audit.Record) {
	request := requestOf(r)
	var own *tied
	if request == "" {
		a.move(r)
	} else {
		var grown bool // by another of its records
		if own, grown = a.grown[request]; !grown {
			own = a.grow(request)
			a.grown[request] = own
		}
	}
	var room [3]ID
	for _, id := range appendIDs(room[:0], r) {
		t := a.see(id)
		switch {
		case t == nil:
		case id.Field == query.TraceID, id.Field == query.TokenID && request != "":
			a.attempts(t.attempts) // who else has it counts against it
			a.moveAll(t.alone)
		case id.Field == query.Session && own != nil && own.crowded:
			a.moveAll(t.alone)
		}
	}
}

// grow notes the attempt, and the records that it is open for in its sessions;
// it returns its records. Where they are too many, not all of its sessions are known.
func (a *affecting) grow(request string) *tied {
	a.keys[Key{audit.ViaRequest, request}] = true
	own := a.look(requestID(request))
	if own == nil || a.see(own.id) == nil {
		return own
	}
	for _, id := range idsOfAll(own.records) {
		if id.Field != query.Session {
			continue
		}
		if session := a.look(id); session != nil {
			a.moveAll(a.within(own, session))
		}
	}
	return own
}

func (a *affecting) attempts(requests []string) {
	for _, request := range requests {
		if _, grown := a.grown[request]; !grown { // else it is noted
			a.keys[Key{audit.ViaRequest, request}] = true
		}
	}
}

func (a *affecting) moveAll(alone []*audit.Record) {
	for _, r := range alone {
		a.move(r)
	}
}

// move notes every flow that a record without a request_id may be in, may have
// been in, or may be refused by.
func (a *affecting) move(r *audit.Record) {
	if a.moved[r.UniqueID] {
		return
	}
	a.moved[r.UniqueID] = true
	for _, key := range AloneKeys(r) {
		a.keys[key] = true
	}
	var room [3]ID
	for _, id := range appendIDs(room[:0], r) {
		t := a.look(id)
		switch {
		case t == nil || t.crowded:
		case id.Field == query.Session:
			open, _ := a.openIn(t, r.Time)
			a.attempts(open)
		default:
			a.attempts(t.attempts)
		}
	}
}
