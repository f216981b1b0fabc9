package destination

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/authtrail/authtrail/audit"
)

const (
	settingsName  = "delivery_settings"
	maxRedactions = 100
	maxField      = 256 // characters, of the name of a property
)

func readSettings(o *object) *DeliverySettings {
	s := &DeliverySettings{
		Format: o.choice("format"), Content: o.choice("content"),
		PauseAfter: time.Duration(o.count("pause_after_seconds")) * time.Second,
	}
	if list := o.take("redactions"); list != "" {
		o.each("redactions", list, func(path, element string) {
			r := o.object(path, element)
			s.Redactions = append(s.Redactions, Redaction{Field: r.text("field"), Action: r.text("action"), Extra: r.extra()})
		})
	}
	s.Extra = o.extra()
	return s
}

// choice returns a text that may be left out, and is not empty where it is given.
func (o *object) choice(name string) string {
	text := o.optionalText(name)
	if text == nil {
		return ""
	}
	if *text == "" {
		o.fail(o.at(name), "must not be empty; leave it out")
	}
	return *text
}

func (s *DeliverySettings) json() json.RawMessage {
	var f fields
	if s.Format != "" {
		f.add("format", s.Format)
	}
	if s.Content != "" {
		f.add("content", s.Content)
	}
	if s.Redactions != nil {
		list := make([]json.RawMessage, len(s.Redactions))
		for i, redaction := range s.Redactions {
			r := fields{}
			r.add("field", redaction.Field)
			r.add("action", redaction.Action)
			list[i] = r.object(redaction.Extra)
		}
		f.add("redactions", list)
	}
	if s.PauseAfter > 0 {
		f.add("pause_after_seconds", int64(s.PauseAfter/time.Second))
	}
	return f.object(s.Extra)
}

func (s Spec) validateDelivery() error {
	d := s.Delivery
	if d == nil {
		return nil
	}
	switch d.Format {
	case "", FormatOCSF, FormatECS, FormatCEF:
	case FormatAgilicus, FormatUnified:
		if s.Webhook != nil && s.Webhook.Format != d.Format {
			return audit.Invalid(settingsPath+"format", "says %s, and webhook_settings.format says %s; leave this one out, or say the same",
				d.Format, s.Webhook.Format)
		}
	default:
		return audit.Invalid(settingsPath+"format", "must be agilicus, unified, ocsf, ecs or cef")
	}
	switch {
	case d.Content != "" && d.Content != ContentRecords && d.Content != ContentLoginFlows:
		return audit.Invalid(settingsPath+"content", "must be records or login_flows")
	case len(d.Redactions) > maxRedactions:
		return audit.Invalid(settingsPath+"redactions", "has more than %d elements", maxRedactions)
	}
	known := map[string]int{}
	for i, r := range d.Redactions {
		if err := r.validate(i, known); err != nil {
			return err
		}
	}
	return nil
}

const settingsPath = "spec." + settingsName + "."

// validate checks the redaction that stands at a place; known are those before it.
func (r Redaction) validate(place int, known map[string]int) error {
	path := fmt.Sprintf("%sredactions[%d].", settingsPath, place)
	before, again := known[r.Field]
	known[r.Field] = place
	switch {
	case r.Field == "" || slices.Contains(strings.Split(r.Field, "."), ""):
		return audit.Invalid(path+"field", "must be the name of a property, like user_agent or detail.address")
	case utf8.RuneCountInString(r.Field) > maxField:
		return audit.Invalid(path+"field", "is longer than %d characters", maxField)
	case again:
		return audit.Invalid(path+"field", "is that of redactions[%d] as well", before)
	case r.Action != RedactRemove && r.Action != RedactHash:
		return audit.Invalid(path+"action", "must be remove or hash")
	}
	return nil
}
