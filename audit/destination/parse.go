package destination

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/internal/jsontext"
	"github.com/authtrail/authtrail/audit/query"
)

const maxDepth = 100 // of nested objects and lists

// Parse reads a destination as clients send it: {"metadata": {"updated"}, "spec": {…}}.
// Its Updated is the version that the client has seen, zero if it names none; an
// id and a time of creation are the server's to say, and passed over. The error,
// always a BadUserInput, names the member at fault.
func Parse(body []byte) (Destination, error) {
	text := string(body)
	switch {
	case len(body) == 0:
		return Destination{}, audit.Invalid("", `the body is missing; send {"spec": {…}}`)
	case !utf8.Valid(body):
		return Destination{}, audit.Invalid("", "the body is not valid UTF-8")
	case jsontext.Depth(text) > maxDepth: // before json.Valid, which has a limit of its own and calls it a mistake
		return Destination{}, audit.Invalid("", "the body is nested more than %d levels deep", maxDepth)
	case !json.Valid(body):
		return Destination{}, audit.Invalid("", "the body is not JSON")
	}
	d, err := read(text)
	if err != nil {
		return Destination{}, err
	}
	if err := d.Spec.validate(); err != nil {
		return Destination{}, err
	}
	return d, nil
}

// read reads what has the form of a destination.
func read(text string) (Destination, error) {
	r := &reader{}
	var d Destination
	o := r.object("", text)
	if metadata := o.child("metadata"); metadata != nil {
		d.readMetadata(metadata)
	}
	if spec := o.need("spec"); r.err == nil {
		d.Spec = readSpec(r.object("spec", spec))
	}
	d.Extra = o.extra()
	return d, r.err
}

func (d *Destination) readMetadata(o *object) {
	o.take("id")
	o.take("created")
	if updated := o.optionalText("updated"); updated != nil {
		at, ok := query.ParseInstant(*updated)
		if !ok {
			o.fail(o.at("updated"), "must be an RFC 3339 date and time")
		}
		d.Updated = at
	}
	d.MetadataExtra = o.extra()
}

func readSpec(o *object) Spec {
	s := Spec{
		Enabled:   o.flag("enabled"),
		Name:      o.text("name"),
		OrgID:     o.text("org_id"),
		Type:      o.text("destination_type"),
		Location:  o.text("location"),
		Comment:   o.text("comment"),
		Filters:   readFilters(o, o.need("filters")),
		MaxEvents: o.count("max_events_per_transaction"),
	}
	if a := o.child("authentication"); a != nil {
		s.Authentication = readAuthentication(a)
	}
	if w := o.child("webhook_settings"); w != nil {
		s.Webhook = &WebhookSettings{Format: w.text("format"), Extra: w.extra()}
	}
	if r := o.child("routing"); r != nil {
		s.Routing = &Routing{External: r.flag("external"), Extra: r.extra()}
	}
	if d := o.child(settingsName); d != nil {
		s.Delivery = readSettings(d)
	}
	s.Extra = o.extra()
	return s
}

func readFilters(o *object, list string) Filters {
	filters := Filters{}
	o.each("filters", list, func(path, element string) {
		f := o.object(path, element)
		filters = append(filters, Filter{
			Type: f.text("filter_type"), Value: f.optionalText("value"), OrList: f.texts("or_list"), Extra: f.extra(),
		})
	})
	return filters
}

func readAuthentication(o *object) *Authentication {
	a := &Authentication{Type: o.text("authentication_type")}
	if b := o.child("http_basic"); b != nil {
		a.Basic = &Basic{Username: b.text("username"), Password: b.text("password"), Extra: b.extra()}
	}
	if b := o.child("http_bearer"); b != nil {
		a.Bearer = &Bearer{Token: b.text("token"), Extra: b.extra()}
	}
	if c := o.child("oauth2"); c != nil {
		a.OAuth2 = &OAuth2{
			TokenURL: c.text("token_url"), ClientID: c.text("client_id"), ClientSecret: c.optionalText("client_secret"),
			Scopes: c.texts("scopes"), FederatedAudience: c.optionalText("federated_audience"),
			BearerFingerprint: c.optionalText("bearer_fingerprint"), Extra: c.extra(),
		}
	}
	a.Extra = o.extra()
	return a
}
