package flow

import (
	"maps"
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Change is what new records may have made different.
type Change struct {
	// Keys are those of the flows that must be stitched anew, sorted. Some may have
	// no record in them, and then perhaps had before.
	Keys []Key
	// Crowded are ids of the new records that are on more than 1,000 records, sorted.
	Crowded []ID
}

// Affected returns which flows new records may have changed, whatever they came
// to before: all whose making looks at an id in a way that these records bear on.
// While ids are missing there is no change.
//
// An id that has become Crowded leads to too many records to say here whom that
// concerns. Whoever stores flows therefore does two things more. He stitches
// those stored flows anew, too, that carry a Crowded id and do not report it as a
// conflict. And where stitching anew takes a record out of a stored flow, and
// none of the flows stitched with it has it, he asks again with that record among
// the changed ones, before he stores any of them.
func (n *Neighbourhood) Affected(changed []*audit.Record) (change Change, missing []ID) {
	a := &affecting{weaver: n.weaver(), keys: map[Key]bool{}, crowded: map[ID]bool{}, moved: map[string]bool{}}
	for _, r := range changed {
		if r.Kind != audit.KindAuth || r.Org != n.org {
			continue
		}
		n.records[r.UniqueID] = r
		a.change(r)
	}
	if len(a.missing) > 0 {
		return Change{}, a.lacking()
	}
	change.Keys = slices.SortedFunc(maps.Keys(a.keys), compareKeys)
	for id := range a.crowded {
		change.Crowded = append(change.Crowded, id)
	}
	slices.SortFunc(change.Crowded, compareIDs)
	return change, nil
}

type affecting struct {
	*weaver
	keys    map[Key]bool
	crowded map[ID]bool
	moved   map[string]bool // by unique_id
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
	if request == "" {
		a.move(r)
	}
	for _, id := range idsOf(r) {
		// A trace is judged by all its records. A token by its REQUEST records. In a
		// session the other records only see how long attempts are open.
		t := a.see(id)
		if t != nil && (id.Field == query.TraceID || id.Field == query.TokenID && request != "") {
			a.attempts(t.attempts)
			a.moveAll(t.alone)
		}
	}
	if request != "" {
		a.grow(request)
	}
}

// grow notes the attempt, and the records that it may now be open for.
func (a *affecting) grow(request string) {
	a.keys[Key{audit.ViaRequest, request}] = true
	own := a.see(requestID(request))
	if own == nil {
		return
	}
	for _, id := range idsOfAll(own.records) {
		if id.Field != query.Session {
			continue
		}
		if session := a.look(id); session != nil {
			a.moveAll(a.within(own, session))
		}
	}
}

func (a *affecting) attempts(requests []string) {
	for _, request := range requests {
		a.keys[Key{audit.ViaRequest, request}] = true
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
	for _, id := range idsOf(r) {
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
