package audit

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/authtrail/authtrail/audit/internal/jsontext"
	"github.com/authtrail/authtrail/audit/query"
)

// Limits of one event. An event beyond them is invalid, with the reason.
const (
	MaxEventBytes = 1 << 20 // of the whole bulk event, as sent
	MaxDepth      = 500     // of nested objects and lists
	MaxUniqueID   = 512     // bytes
)

// DecodeEvent reads one bulk event: {"unique_id", "create_time", "event": {…}}.
// Org is the sender's own org, for events that name none.
//
// The error, always a BadUserInput, says what is wrong and in which member. The
// record keeps raw; nothing of it is lost.
func DecodeEvent(raw json.RawMessage, org string) (*Record, error) {
	text := string(raw)
	if err := checkText(raw, text); err != nil {
		return nil, err
	}
	var envelopeRoom, eventRoom [typicalMembers]member
	envelope := membersIn(envelopeRoom[:0], text)
	id := envelope.text("unique_id")
	switch {
	case !envelope.object:
		return nil, Invalid("", "the event is not a JSON object")
	case !validUniqueID(id):
		return nil, envelope.unlike("unique_id", "must be a string of letters, digits, '.', '_' and '-'")
	case len(id) > MaxUniqueID:
		return nil, Invalid("unique_id", "is longer than %d bytes", MaxUniqueID)
	}
	created, ok := readTime(envelope.text("create_time"))
	if !ok {
		return nil, envelope.unlike("create_time", "must be an RFC 3339 date and time from 1970 to 2261")
	}
	event := membersIn(eventRoom[:0], envelope.value("event"))
	if !event.object {
		return nil, envelope.unlike("event", "must be a JSON object")
	}
	r := &Record{Kind: classify(&event), UniqueID: id, CreateTime: created, Raw: text}
	r.Org = cmp.Or(event.text("org_id"), event.text("org"), org)
	r.Time = created
	if t, ok := readTime(event.text("time")); ok {
		r.Time = t
	}
	r.readMembers(&event)
	return r, nil
}

// unlike is the error of a member that is not as it must be.
func (m *members) unlike(name, must string) *Error {
	if m.value(name) == "" {
		return Invalid(name, "is missing; it %s", must)
	}
	return Invalid(name, "%s", must)
}

// validUniqueID reports whether an id matches the documented ^[a-zA-Z0-9-._]+$.
func validUniqueID(id string) bool {
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return id != ""
}

func checkText(raw json.RawMessage, text string) error {
	switch {
	case len(raw) > MaxEventBytes:
		return Invalid("", "the event has %d bytes; at most %d are accepted", len(raw), MaxEventBytes)
	case !utf8.Valid(raw):
		return Invalid("", "the event is not valid UTF-8")
	case jsontext.Depth(text) > MaxDepth: // before ValidJSON, which has a limit of its own and calls it a mistake
		return Invalid("", "the event is nested more than %d levels deep", MaxDepth)
	case !ValidJSON(raw):
		return Invalid("", "the event is not valid JSON")
	}
	return nil
}

// Stored is what a store keeps of a record: enough to restore it exactly, even
// when the rules that classify events change later.
type Stored struct {
	Kind     Kind
	Org      string
	UniqueID string
	Time     time.Time
	Raw      string
}

// Stored returns what a store has to keep of the record.
func (r *Record) Stored() Stored { return Stored{r.Kind, r.Org, r.UniqueID, r.Time, r.Raw} }

// Restore returns the record that was stored.
func Restore(s Stored) *Record {
	var envelopeRoom, eventRoom [typicalMembers]member
	envelope := membersIn(envelopeRoom[:0], s.Raw)
	created, ok := readTime(envelope.text("create_time"))
	if !ok {
		created = s.Time
	}
	event := membersIn(eventRoom[:0], envelope.value("event"))
	r := &Record{Kind: s.Kind, Org: s.Org, UniqueID: s.UniqueID, Time: s.Time.UTC(), CreateTime: created, Raw: s.Raw}
	r.readMembers(&event)
	return r
}

// readMembers sorts the event's members into documented fields and additional properties.
func (r *Record) readMembers(event *members) {
	r.fields = make([]fieldValue, 0, len(event.list)+2)
	known := documentedFields[r.Kind]
	for _, m := range event.list {
		number, role := memberRole(r.Kind, known, m.name)
		switch {
		case role == additional:
			r.addExtra(m, false)
		case m.value == "null":
		case role == attributes:
			if !r.readAttributes(m.value) {
				r.addExtra(m, true)
			}
		case !jsontext.IsString(m.value):
			r.addExtra(m, role != ownName)
		case role == timeMember:
			if _, ok := readTime(jsontext.Unquote(m.value)); !ok {
				r.addExtra(m, true)
			}
		case role == ownName:
			r.set(number, jsontext.Unquote(m.value))
			r.addExtra(m, false)
		default:
			r.set(number, jsontext.Unquote(m.value))
		}
	}
	r.fillGeneric(event)
}

var orgNumber = numberIn(query.OrgID)

func (r *Record) set(number fieldNumber, value string) {
	if number != orgNumber { // Org has it, with its fallbacks
		r.fields = append(r.fields, fieldValue{number, [1]string{value}})
		r.has |= 1 << number
	}
}

func (r *Record) addExtra(m member, mistyped bool) {
	r.extra = append(r.extra, Member{Name: m.name, Value: json.RawMessage(m.value), Mistyped: mistyped})
}

// fillGeneric reads the ids of a generic event from the names that access logs
// use for them, where its own are missing or empty. Those members stay additional properties too.
func (r *Record) fillGeneric(event *members) {
	if r.Kind != KindGeneric {
		return
	}
	for _, alias := range []struct {
		field query.Field
		name  string
	}{{query.TokenID, "jti"}, {query.UserID, "sub"}} {
		if value, _ := r.Get(alias.field); value != "" {
			continue
		}
		if value := event.text(alias.name); value != "" {
			number := numberIn(alias.field)
			r.fields = slices.DeleteFunc(r.fields, func(f fieldValue) bool { return f.number == number })
			r.set(number, value)
		}
	}
}

func (r *Record) readAttributes(list string) bool {
	if list[0] != '[' {
		return false
	}
	read := []AuditAttribute{} // an empty list is not the same as none
	for element := range jsontext.Elements(list) {
		m := membersOf(element)
		if !m.object || !m.optionalText("attribute_id", "attribute_type", "attribute_org_id", "attribute_name") {
			return false
		}
		read = append(read, AuditAttribute{
			ID: m.text("attribute_id"), Type: m.text("attribute_type"),
			OrgID: m.text("attribute_org_id"), Name: m.text("attribute_name"), Raw: element,
		})
	}
	r.Attributes = read
	return true
}
