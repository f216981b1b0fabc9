package flow

import (
	"cmp"
	"maps"
	"slices"

	"github.com/authtrail/authtrail/audit"
)

// MaxRounds is how many rounds of look-ups answer any question to a
// Neighbourhood that knew nothing before, while the store stands still.
const MaxRounds = 10

// Stitched is the records of one flow, and why each is part of it.
type Stitched struct {
	Org       string
	Key       Key
	Links     []audit.Link         // in time order, each record once
	Conflicts []audit.FlowConflict // ids that were not followed; sorted, each once
	Truncated bool                 // those in the middle are not here: there are more than 1,000, or too many bytes
}

// ID returns the id of the flow.
func (s *Stitched) ID() string { return s.Key.FlowID(s.Org) }

// RequestID returns the request id of the attempt; empty for records that stand alone.
func (s *Stitched) RequestID() string {
	if s.Key.Via == audit.ViaRequest {
		return s.Key.Value
	}
	return ""
}

// Stitch returns the flow of each key, nil where no record is in it: it never
// was one, or its records are in other flows by now (see Homes). While ids are
// missing there are no flows.
func (n *Neighbourhood) Stitch(wanted []Key) (flows []*Stitched, missing []ID) {
	w := n.weaver()
	flows = make([]*Stitched, len(wanted))
	for i, key := range wanted {
		flows[i] = w.flow(key)
	}
	if len(w.missing) > 0 {
		return nil, w.lacking()
	}
	return flows, nil
}

// Homes returns for each record the key of the flow that it is part of. While
// ids are missing there are no keys. A flow that was stored under one of a
// record's AloneKeys, and has no record any more, was taken in by the home of its
// earliest record.
func (n *Neighbourhood) Homes(records []*audit.Record) (homes []Key, missing []ID) {
	w := n.weaver()
	homes = make([]Key, len(records))
	for i, r := range records {
		if request := requestOf(r); request != "" {
			homes[i] = Key{audit.ViaRequest, request}
		} else if p := w.place(r); p != nil {
			homes[i] = p.key
		}
	}
	if len(w.missing) > 0 {
		return nil, w.lacking()
	}
	return homes, nil
}

// StitchAll returns every flow of all records there are, of any orgs and kinds,
// in any order, repeats allowed: by org, then key.
func StitchAll(records []*audit.Record, rules Rules) []*Stitched {
	byOrg := map[string][]*audit.Record{}
	for _, r := range records {
		if r.Kind == audit.KindAuth {
			byOrg[r.Org] = append(byOrg[r.Org], r)
		}
	}
	var all []*Stitched
	for _, org := range slices.Sorted(maps.Keys(byOrg)) {
		n := wholeOrg(org, byOrg[org], rules)
		homes, _ := n.Homes(byOrg[org])
		slices.SortFunc(homes, compareKeys)
		flows, _ := n.Stitch(slices.Compact(homes))
		all = append(all, flows...)
	}
	return all
}

// wholeOrg returns a neighbourhood that knows all records of an org.
func wholeOrg(org string, records []*audit.Record, rules Rules) *Neighbourhood {
	n := NewNeighbourhood(org, rules)
	n.whole = true
	byID := map[ID][]*audit.Record{}
	for _, r := range records {
		for _, id := range appendRequestID(appendIDs(nil, r), r) {
			byID[id] = append(byID[id], r)
		}
		n.records[r.UniqueID] = r
	}
	for id, having := range byID {
		n.Learn(id, having, false)
	}
	return n
}

func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Via, b.Via), cmp.Compare(a.Value, b.Value))
}

// flow stitches the flow of a key; nil when nothing is in it, or not enough is known.
func (w *weaver) flow(key Key) *Stitched {
	held := w.look(key.SharedID())
	if held == nil {
		return nil
	}
	f := &gathered{key: key, conflicts: map[audit.FlowConflict]bool{}}
	candidates := held.alone
	switch {
	case key.Via == audit.ViaRequest:
		candidates = w.attempt(f, held)
	case !held.trusted():
		return nil
	}
	for _, r := range candidates {
		if p := w.place(r); p != nil {
			f.consider(r, p)
		}
	}
	return f.stitched(w.org)
}

// attempt takes the REQUEST records of an attempt, and returns the records that
// might be tied to it. To an attempt on too many records none are.
func (w *weaver) attempt(f *gathered, own *tied) (candidates []*audit.Record) {
	f.conflict(own.conflicts...)
	f.cut = own.crowded
	for _, r := range own.records {
		f.take(r, audit.ViaRequest)
	}
	if own.crowded {
		return nil
	}
	for _, id := range idsOfAll(own.records) {
		t := w.look(id)
		if t == nil {
			continue
		}
		f.conflict(t.conflicts...)
		if t.trusted() {
			candidates = append(candidates, w.within(own, t)...)
		}
	}
	return candidates
}

// within returns the records without a request_id that an id may tie to an
// attempt: of a session only those of the time when the attempt was open.
func (w *weaver) within(own, t *tied) []*audit.Record {
	if viaOf(t.id.Field) != audit.ViaSession {
		return t.alone
	}
	var open []*audit.Record
	for _, r := range t.alone {
		if own.openAt(r.Time, w.rules.Idle) {
			open = append(open, r)
		}
	}
	return open
}

// idsOfAll returns the different ids of some records.
func idsOfAll(records []*audit.Record) []ID {
	var ids []ID
	for _, field := range ties {
		for _, value := range distinct(records, field) {
			ids = append(ids, ID{field, value})
		}
	}
	return ids
}
