package flow

import (
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// byID is a map by ID, in a map of texts for each kind of id: every id of every record
// is looked for, and one text is hashed in half the time of an ID's two.
type byID[V any] struct {
	requests, traces, tokens, sessions, records map[string]V
}

func newByID[V any]() byID[V] {
	return byID[V]{map[string]V{}, map[string]V{}, map[string]V{}, map[string]V{}, map[string]V{}}
}

func (m *byID[V]) of(field query.Field) map[string]V {
	switch field {
	case query.RequestID:
		return m.requests
	case query.TraceID:
		return m.traces
	case query.TokenID:
		return m.tokens
	case query.Session:
		return m.sessions
	}
	return m.records
}

// having is what is at hand of an id.
type having struct {
	tied  *tied           // nil while it is not known
	loose []*audit.Record // the records at hand while it is not; only where unseen can tell
}

// having returns what is at hand of an id.
func (n *Neighbourhood) having(id ID) *having {
	of := n.ids.of(id.Field)
	h := of[id.Value]
	if h == nil {
		h = &having{}
		of[id.Value] = h
	}
	return h
}

// know takes records, which it may reorder, as all that have an id.
func (n *Neighbourhood) know(id ID, h *having, records []*audit.Record, crowded bool) {
	sortRecords(records)
	h.tied, h.loose = tiedBy(id, compactRecords(records), crowded, n.rules.maxTied()), nil
}

// add takes records of the org at hand. Those that came in after some of their ids
// were looked up are added to these, so that all that is known is of one set of
// records, and a neighbourhood may go on from one batch of new records to the next.
func (n *Neighbourhood) add(records []*audit.Record) {
	late := map[*having][]*audit.Record{}
	var room [4]ID
	for _, r := range records {
		if n.records[r.UniqueID] != nil {
			continue
		}
		n.records[r.UniqueID] = r
		for _, id := range appendRequestID(appendIDs(room[:0], r), r) {
			switch h := n.ids.of(id.Field)[id.Value]; {
			case h != nil && h.tied != nil:
				late[h] = append(late[h], r)
			case n.unseen != nil:
				h = n.having(id)
				h.loose = append(h.loose, r)
			}
		}
	}
	for h, added := range late {
		n.know(h.tied.id, h, append(added, h.tied.records...), h.tied.crowded)
	}
}

func appendRequestID(ids []ID, r *audit.Record) []ID {
	if request := requestOf(r); request != "" {
		return append(ids, requestID(request))
	}
	return ids
}

// Learn takes the auth records of the org that have an id, in any order: all of
// them, or, where more than 1,000 have it, crowded and as many as there are at
// hand. Of a crowded request id those must hold the first 500 and the last 500,
// of other crowded ids none are used. Records of other orgs and kinds are passed
// by. What was known of the id before is replaced.
func (n *Neighbourhood) Learn(id ID, records []*audit.Record, crowded bool) {
	own := slices.DeleteFunc(slices.Clone(records), func(r *audit.Record) bool {
		return r.Kind != audit.KindAuth || r.Org != n.org || valueOf(r, id.Field) != id.Value
	})
	n.know(id, n.having(id), slices.Clone(own), crowded)
	n.add(own)
}
