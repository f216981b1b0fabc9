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
	rows     int    // bytes of what they were made of, which they keep
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
// An error is about this row alone, of which that cannot be told.
func (p *packer) wanted(r *audit.Record) (id string, own, ok bool, err error) {
	if r.Org != p.to.Spec.OrgID {
		return "", false, false, nil
	}
	id, own = r.UniqueID, true
	err = safely(func() error {
		switch r.Kind {
		case audit.KindAuth, audit.KindAPI, audit.KindGeneric:
		case audit.KindFlow:
			flow := p.delivery.view.Summary(r)
			id, own = r.UniqueID+"."+strconv.Itoa(flow.Revision), flow.Closed
		default:
			own = false // what the server notes of itself
		}
		ok = own && (p.unfiltered || p.to.Spec.Filters.MatchObject(string(p.encoder.Filterable(r))))
		return nil
	})
	return id, own, ok, err
}

// madeAt is when a row was made, as far as it says: a login flow is closed when it has
// been idle for the limit, and not before.
func (p *packer) madeAt(r *audit.Record) (at time.Time) {
	if !p.flows || safely(func() error { at = p.delivery.view.Summary(r).EndedAt.Add(p.delivery.options.Idle); return nil }) != nil {
		return r.CreateTime
	}
	return at
}

// encode writes the body of a row, unless there is an error already; it is good until
// the next is written.
func (p *packer) encode(r *audit.Record, before error) (body []byte, err error) {
	if before != nil {
		return nil, before
	}
	err = safely(func() (err error) {
		p.scratch, err = p.encoder.Encode(p.scratch[:0], r)
		return err
	})
	return p.scratch, err
}

const (
	maxBuried = 1_000 // letters that wait in a batch
	maxRows   = 4     // how often as many bytes as the messages of a batch, what they were made of may have
)

// fits reports whether a row can be added, as a message or as a letter.
func (p *packer) fits(b *batch, r *audit.Record, body []byte, unwritable error) bool {
	switch {
	case unwritable != nil:
		return len(b.letters) < maxBuried
	case len(b.messages) == 0:
		return true
	}
	return len(b.messages) < p.max && len(b.bodies)+len(body) <= p.maxBytes && b.rows+len(r.Raw) <= maxRows*p.maxBytes
}

// add adds a row: as a message, whose body is copied, or as a letter where it cannot be
// written in the format.
func (p *packer) add(b *batch, id string, r *audit.Record, body []byte, unwritable error) {
	if unwritable != nil {
		b.letters = append(b.letters, letter{ID: id, Reason: "it cannot be written in the format: " + FailureOf(unwritable).Reason,
			At: p.delivery.options.Now().UTC()})
		return
	}
	if b.bodies == nil {
		b.bodies = make([]byte, 0, max(len(body), 64<<10))
	}
	start := len(b.bodies)
	b.bodies = append(b.bodies, body...)
	b.rows += len(r.Raw)
	b.messages = append(b.messages, Message{ID: id, Time: r.Time, Body: b.bodies[start:len(b.bodies):len(b.bodies)], Record: r})
}
