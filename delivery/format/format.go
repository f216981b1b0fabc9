package format

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/redact"
	"github.com/authtrail/authtrail/delivery"
)

// product and version name what made an event, where a form wants to know. The version
// is that of the mappings in docs/formats.md: it changes when one of them does.
const (
	product = "Authtrail"
	version = "1"
)

// form writes the two things that there are to write.
type form struct {
	record func(to []byte, e *event) []byte
	flow   func(to []byte, f *envelope) []byte
}

var forms = map[string]form{
	destination.FormatAgilicus: {agilicusRecord, agilicusFlow},
	destination.FormatUnified:  {unifiedRecord, unifiedFlow},
	destination.FormatOCSF:     {ocsfRecord, ocsfFlow},
	destination.FormatECS:      {ecsRecord, ecsFlow},
	destination.FormatCEF:      {cefRecord, cefFlow},
}

// encoder implements delivery.Encoder. Several goroutines may use it.
type encoder struct {
	form     form
	redactor *redact.Redactor
}

var _ delivery.NewEncoder = New

// New makes the encoder of a destination, whose secrets it has.
func New(d destination.Destination) (delivery.Encoder, error) {
	f, ok := forms[d.Spec.FormatOf()]
	if !ok {
		return nil, fmt.Errorf("the format %q is not one that events are sent in", d.Spec.FormatOf())
	}
	redactor, err := redact.New(d)
	if err != nil {
		return nil, err
	}
	return &encoder{form: f, redactor: redactor}, nil
}

// Encode implements delivery.Encoder.
func (c *encoder) Encode(to []byte, r *audit.Record) ([]byte, error) {
	start := len(to)
	if r.Kind == audit.KindFlow {
		f, err := envelopeOf(r, c.redactor)
		if err != nil {
			return to, err
		}
		return oneLine(c.form.flow(to, f), start), nil
	}
	return oneLine(c.form.record(to, eventOf(c.redactor.Record(r))), start), nil
}

// Filterable implements delivery.Encoder. Filters see what redactions hide: they say
// what is sent, and are the owner's own.
func (c *encoder) Filterable(r *audit.Record) []byte {
	if r.Kind != audit.KindFlow {
		return r.Event()
	}
	f, err := envelopeOf(r, &redact.Redactor{})
	if err != nil {
		return nil
	}
	return f.append(nil)
}

// oneLine takes the newlines out of what was written from start on: they are between
// the tokens of JSON that was sent with them.
func oneLine(written []byte, start int) []byte {
	if bytes.IndexByte(written[start:], '\n') < 0 && bytes.IndexByte(written[start:], '\r') < 0 {
		return written
	}
	var compact bytes.Buffer
	if json.Compact(&compact, written[start:]) == nil {
		return append(written[:start], compact.Bytes()...)
	}
	for i, c := range written[start:] { // a line of CEF: its own newlines are escaped
		if c == '\n' || c == '\r' {
			written[start+i] = ' '
		}
	}
	return written
}
