package destination

import (
	"encoding/json"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// TimeFormat is how the API writes times.
const TimeFormat = "2006-01-02T15:04:05.000000Z"

// fields are the members of an object that is written, in order.
type fields []audit.Member

func (f *fields) add(name string, value any) {
	text, ok := value.(json.RawMessage)
	if !ok {
		text, _ = json.Marshal(value) // texts, numbers and lists of them always can be
	}
	*f = append(*f, audit.Member{Name: name, Value: text})
}

// addText adds a text that was given.
func (f *fields) addText(name string, value *string) {
	if value != nil {
		f.add(name, *value)
	}
}

// object writes the fields, and the additional properties after them.
func (f fields) object(extra []audit.Member) json.RawMessage {
	b := []byte{'{'}
	for i, m := range append(f[:len(f):len(f)], extra...) {
		if i > 0 {
			b = append(b, ',')
		}
		name, _ := json.Marshal(m.Name)
		b = append(append(b, name...), ':')
		b = append(b, m.Value...)
	}
	return append(b, '}')
}

// JSON writes the destination as the API has it, with the secrets that it holds.
func (d Destination) JSON() []byte {
	var metadata, whole fields
	metadata.add("id", d.ID)
	metadata.add("created", formatTime(d.Created))
	metadata.add("updated", formatTime(d.Updated))
	whole.add("metadata", metadata.object(d.MetadataExtra))
	whole.add("spec", d.Spec.json())
	return whole.object(d.Extra)
}

func formatTime(t time.Time) string { return t.UTC().Format(TimeFormat) }

func (s Spec) json() json.RawMessage {
	var f fields
	f.add("enabled", s.Enabled)
	f.add("name", s.Name)
	f.add("org_id", s.OrgID)
	f.add("destination_type", s.Type)
	f.add("location", s.Location)
	f.add("comment", s.Comment)
	f.add("filters", s.Filters.json())
	if s.MaxEvents > 0 {
		f.add("max_events_per_transaction", s.MaxEvents)
	}
	if s.Authentication != nil {
		f.add("authentication", s.Authentication.json())
	}
	if s.Webhook != nil {
		w := fields{}
		w.add("format", s.Webhook.Format)
		f.add("webhook_settings", w.object(s.Webhook.Extra))
	}
	if s.Routing != nil {
		r := fields{}
		r.add("external", s.Routing.External)
		f.add("routing", r.object(s.Routing.Extra))
	}
	if s.Delivery != nil {
		f.add(settingsName, s.Delivery.json())
	}
	return f.object(s.Extra)
}

func (list Filters) json() json.RawMessage {
	objects := make([]json.RawMessage, len(list))
	for i, filter := range list {
		var f fields
		f.add("filter_type", filter.Type)
		f.addText("value", filter.Value)
		if filter.OrList != nil {
			f.add("or_list", filter.OrList)
		}
		objects[i] = f.object(filter.Extra)
	}
	text, _ := json.Marshal(objects) // of JSON
	return text
}

func (a *Authentication) json() json.RawMessage {
	var f fields
	f.add("authentication_type", a.Type)
	if a.Basic != nil {
		b := fields{}
		b.add("username", a.Basic.Username)
		b.add("password", a.Basic.Password)
		f.add("http_basic", b.object(a.Basic.Extra))
	}
	if a.Bearer != nil {
		b := fields{}
		b.add("token", a.Bearer.Token)
		f.add("http_bearer", b.object(a.Bearer.Extra))
	}
	if o := a.OAuth2; o != nil {
		c := fields{}
		c.add("token_url", o.TokenURL)
		c.add("client_id", o.ClientID)
		c.addText("client_secret", o.ClientSecret)
		if o.Scopes != nil {
			c.add("scopes", o.Scopes)
		}
		c.addText("federated_audience", o.FederatedAudience)
		c.addText("bearer_fingerprint", o.BearerFingerprint)
		f.add("oauth2", c.object(o.Extra))
	}
	return f.object(a.Extra)
}
