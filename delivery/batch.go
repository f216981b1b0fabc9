package delivery

import (
	"strconv"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// batch is a stretch of rows, and what there is to send of it.
type batch struct {
	messages []Message
	bodies   []byte // of the messages
	letters  []letter
	skipped  int64

	next     audit.Position // after the stretch
	taken    []string       // of what comes after it, what is dealt with already
	began    time.Time      // until then there was nothing to send; zero where that is not known
	caughtUp time.Time      // there was nothing after the stretch then
	lost     bool           // the position meant nothing any more

	cursor string // after the stretch, of a replay
	last   bool   // of a replay
}

// packer makes messages of rows.
type packer struct {
	delivery   *Delivery
	to         destination.Destination
	encoder    Encoder
	flows      bool
	max        int // messages of a batch
	maxBytes   int
	scratch    []byte
	unfiltered bool
}

func (d *Delivery) packer(to destination.Destination, encoder Encoder) *packer {
	p := &packer{delivery: d, to: to, encoder: encoder, flows: to.Spec.ContentOf() == destination.ContentLoginFlows,
		max: d.options.MaxEvents, maxBytes: d.options.MaxBytes, unfiltered: len(to.Spec.Filters) == 0}
	if n := to.Spec.MaxEvents; n > 0 {
		p.max = min(n, p.max)
	}
	return p
}

// wanted returns the id of the message that a row becomes; it is not own where the
// row is of another org or no row to send, and not ok where the filters do not pass it.
func (p *packer) wanted(r *audit.Record) (id string, own, ok bool) {
	if r.Org != p.to.Spec.OrgID {
		return "", false, false
	}
	switch r.Kind {
	case audit.KindAuth, audit.KindAPI, audit.KindGeneric:
		id = r.UniqueID
	case audit.KindFlow:
		flow := p.delivery.view.Summary(r)
		if !flow.Closed {
			return "", false, false
		}
		id = r.UniqueID + "." + strconv.Itoa(flow.Revision)
	default:
		return "", false, false // what the server notes of itself
	}
	return id, true, p.unfiltered || p.to.Spec.Filters.MatchObject(string(p.encoder.Filterable(r)))
}

// encode writes the body of a row; it is good until the next is written.
func (p *packer) encode(r *audit.Record) (body []byte, err error) {
	err = safely(func() (err error) {
		p.scratch, err = p.encoder.Encode(p.scratch[:0], r)
		return err
	})
	return p.scratch, err
}

// fits reports whether a message of a size can be added.
func (p *packer) fits(b *batch, size int) bool {
	return len(b.messages) == 0 || len(b.messages) < p.max && len(b.bodies)+size <= p.maxBytes
}

// add adds a message, whose body is copied.
func (b *batch) add(id string, r *audit.Record, body []byte) {
	if b.bodies == nil {
		b.bodies = make([]byte, 0, max(len(body), 64<<10))
	}
	start := len(b.bodies)
	b.bodies = append(b.bodies, body...)
	b.messages = append(b.messages, Message{ID: id, Time: r.Time, Body: b.bodies[start:len(b.bodies):len(b.bodies)], Record: r})
}

// bury notes a row that cannot be written in the format.
func (p *packer) bury(b *batch, id string, r *audit.Record, err error) {
	b.letters = append(b.letters, letter{ID: id, Reason: "it cannot be written in the format: " + FailureOf(err).Reason, At: p.delivery.options.Now().UTC()})
}
