package flow

import (
	"maps"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// traceWindow is how far from an attempt's records with a trace another record
// with it may be.
const traceWindow = 15 * time.Minute

// weaver answers one question to a Neighbourhood, and notes what it would have
// to know for that.
type weaver struct {
	*Neighbourhood
	missing map[ID]bool
	placed  map[string]*placement // by unique_id
}

func (n *Neighbourhood) weaver() *weaver {
	return &weaver{Neighbourhood: n, missing: map[ID]bool{}, placed: map[string]*placement{}}
}

// look returns the records of an id; nil, and a note, when they are not known.
func (w *weaver) look(id ID) *tied {
	h := w.ids.of(id.Field)[id.Value]
	if h != nil && h.tied != nil {
		return h.tied
	}
	if r := w.records[id.Value]; r != nil && id.Field == query.UniqueID {
		return tiedBy(id, []*audit.Record{r}, false, maxTied)
	}
	if w.whole {
		return &tied{id: id}
	}
	if w.unseen != nil && w.unseen(id) {
		h = w.having(id)
		w.know(id, h, h.loose, false)
		return h.tied
	}
	w.missing[id] = true
	return nil
}

// lookAll looks at several ids, and reports whether all are known.
func (w *weaver) lookAll(ids []ID) ([]*tied, bool) {
	found, known := make([]*tied, len(ids)), true
	for i, id := range ids {
		found[i] = w.look(id)
		known = known && found[i] != nil
	}
	return found, known
}

// lacking returns what has to be looked up, in a fixed order.
func (w *weaver) lacking() []ID {
	return slices.SortedFunc(maps.Keys(w.missing), compareIDs)
}

// placement is where a record without a request_id belongs, and why.
type placement struct {
	key     Key
	via     audit.LinkVia
	refused []refusal
}

// refusal is an id of the record that was not followed, to any of some attempts
// where it is not the id's fault alone.
type refusal struct {
	conflict audit.FlowConflict
	attempts []string
}

func (p *placement) refuse(conflict audit.FlowConflict, attempts ...string) {
	p.refused = append(p.refused, refusal{conflict, attempts})
}

// place decides where a record without a request_id belongs: with the attempt
// that the strongest of its ids leads to, else by itself. It returns nil when
// that is not decided yet.
func (w *weaver) place(r *audit.Record) *placement {
	if p := w.placed[r.UniqueID]; p != nil {
		return p
	}
	var room [3]ID
	found, known := w.lookAll(appendIDs(room[:0], r))
	if !known {
		return nil
	}
	p := &placement{}
	for _, t := range found {
		for _, conflict := range t.conflicts {
			p.refuse(conflict)
		}
	}
	for _, t := range found {
		if !t.trusted() {
			continue
		}
		if known = w.follow(r, t, p); !known {
			return nil
		}
		if p.key.Value != "" {
			break
		}
	}
	if p.key.Value == "" {
		p.alone(r, found)
	}
	w.placed[r.UniqueID] = p
	return p
}

// follow ties the record to the attempt that a trusted id leads to, if there is
// one. It reports whether enough is known to say.
func (w *weaver) follow(r *audit.Record, t *tied, p *placement) (known bool) {
	attempt, known := w.attemptBy(r, t, p)
	if attempt == "" || !known {
		return known
	}
	own := w.look(requestID(attempt))
	switch {
	case own == nil:
		return false
	case own.crowded:
		p.refuse(own.conflicts[0], attempt)
	default:
		p.key, p.via = Key{audit.ViaRequest, attempt}, viaOf(t.id.Field)
	}
	return true
}

// attemptBy returns the one attempt that the id stands for at the record's time.
func (w *weaver) attemptBy(r *audit.Record, t *tied, p *placement) (attempt string, known bool) {
	if t.id.Field == query.Session {
		return w.attemptInSession(r, t, p)
	}
	if len(t.attempts) == 0 {
		return "", true
	}
	attempt = t.attempts[0]
	if t.id.Field == query.TraceID && !nearRequests(r, t.records) {
		p.refuse(t.conflict("the attempt with it is more than 15 minutes away from a record without a request_id"), attempt)
		return "", true
	}
	return attempt, true
}

// nearRequests reports whether one of the REQUEST records is close to the record.
func nearRequests(r *audit.Record, records []*audit.Record) bool {
	return slices.ContainsFunc(records, func(other *audit.Record) bool {
		return requestOf(other) != "" && other.Time.Sub(r.Time).Abs() <= traceWindow
	})
}

func (w *weaver) attemptInSession(r *audit.Record, session *tied, p *placement) (attempt string, known bool) {
	open, known := w.openIn(session, r.Time)
	switch {
	case !known || len(open) == 0:
		return "", known
	case len(open) > 1:
		p.refuse(session.conflict("more than one attempt was open in it at the time of a record without a request_id"), open...)
		return "", true
	}
	return open[0], true
}

// openIn returns the attempts that were open in a session at a time.
func (w *weaver) openIn(session *tied, at time.Time) (open []string, known bool) {
	ids := make([]ID, len(session.attempts))
	for i, attempt := range session.attempts {
		ids[i] = requestID(attempt)
	}
	found, known := w.lookAll(ids)
	if !known {
		return nil, false
	}
	for i, own := range found {
		if own.openAt(at, w.rules.Idle) {
			open = append(open, session.attempts[i])
		}
	}
	return open, true
}

func viaOf(field query.Field) audit.LinkVia {
	switch field {
	case query.TraceID:
		return audit.ViaTrace
	case query.TokenID:
		return audit.ViaToken
	}
	return audit.ViaSession
}

// alone lets the record stand with those that share its trace, else its session,
// and are alone too; where neither can be trusted, by itself.
func (p *placement) alone(r *audit.Record, found []*tied) {
	for _, t := range found {
		if t.trusted() && t.id.Field != query.TokenID {
			p.via = viaOf(t.id.Field)
			p.key = Key{p.via, t.id.Value}
			return
		}
	}
	p.key, p.via = Key{audit.ViaRecord, r.UniqueID}, audit.ViaRecord
}
