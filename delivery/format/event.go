package format

import (
	"net/netip"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// event is a record that is being put in a form: its members are taken one by one, and
// what nobody took is left.
type event struct {
	*audit.Record
	members []member
}

// member is a member of the event, with its value as JSON text.
type member struct {
	name, value string
	taken       bool
}

func eventOf(r *audit.Record) *event {
	return &event{Record: r}
}

// read finds the members of the event, which not every form needs.
func (e *event) read() {
	e.members = make([]member, 0, 24)
	for name, value := range e.EventMembers() {
		e.members = append(e.members, member{name: name, value: value})
	}
}

// seen returns the JSON text of a member that is a string with something in it, and
// nothing where there is none.
func (e *event) seen(name string) string {
	if m := e.find(name); m != nil {
		return m.value
	}
	return ""
}

// take is seen, and the member is not left any more.
func (e *event) take(name string) string {
	m := e.find(name)
	if m == nil {
		return ""
	}
	m.taken = true
	return m.value
}

func (e *event) find(name string) *member {
	for i := range e.members {
		if m := &e.members[i]; m.name == name {
			if m.value[0] != '"' || len(m.value) == len(`""`) {
				return nil
			}
			return m
		}
	}
	return nil
}

// takeEither takes the first of two members that is there: generic events have names of
// their own for two ids.
func (e *event) takeEither(name, generic string) string {
	if value := e.take(name); value != "" || e.Kind != audit.KindGeneric {
		return value
	}
	return e.take(generic)
}

// org returns the record's organisation as JSON text.
func (e *event) org() string {
	if e.Org == "" {
		return ""
	}
	for _, name := range []string{"org_id", "org"} {
		if sent := e.seen(name); sent != "" && unquoted(sent) == e.Org {
			return e.take(name)
		}
	}
	return string(quoted(nil, e.Org))
}

// takeTime takes the event's time, if a time to the nanosecond says all of it.
func (e *event) takeTime() {
	sent := e.seen("time")
	if at, err := time.Parse(time.RFC3339Nano, unquoted(sent)); sent != "" && err == nil && at.Equal(e.Time) {
		e.take("time")
	}
}

// left writes the members that nobody took.
func (e *event) left(o *object) {
	for i := range e.members {
		if m := &e.members[i]; !m.taken {
			o.sent(m.name, m.value)
		}
	}
}

// beside writes what the sender put beside the event.
func (e *event) beside(o *object) { o.inside("bulk_event", func() { e.envelope(o) }) }

// besideExactly is beside for forms whose times have milliseconds: of a create_time
// with more it keeps the rest.
func (e *event) besideExactly(o *object) {
	o.inside("bulk_event", func() {
		if !e.CreateTime.Equal(e.CreateTime.Truncate(time.Millisecond)) {
			o.time("create_time", e.CreateTime)
		}
		e.envelope(o)
	})
}

func (e *event) envelope(o *object) {
	for name, value := range e.EnvelopeMembers() {
		o.sent(name, value)
	}
}

// title says what happened in a few words: the event's name and its result.
func (e *event) title() string {
	words := make([]string, 0, 2)
	for _, name := range e.titled() {
		if value := e.seen(name); value != "" {
			words = append(words, unquoted(value))
		}
	}
	if len(words) == 0 {
		return kindTitles[e.Kind]
	}
	return strings.Join(words, ": ")
}

// titled are the members of which a title is made.
func (e *event) titled() []string {
	switch {
	case e.Kind == audit.KindAPI:
		return []string{"action", "target_resource_type"}
	case e.Kind == audit.KindAuth && e.seen("event_name") == "" && e.seen("result") == "":
		return []string{"stage", "event"}
	}
	return []string{"event_name", "result"}
}

var kindTitles = map[audit.Kind]string{
	audit.KindAuth: "Authentication event", audit.KindAPI: "API action", audit.KindGeneric: "Event",
}

// isAddress reports whether the text of a JSON string is an IP address.
func isAddress(text string) (address netip.Addr, ok bool) {
	address, err := netip.ParseAddr(unquoted(text))
	return address, err == nil && address.Zone() == ""
}

// isEmail reports whether the text of a JSON string is the address of a mailbox, in
// the letters that the schemas allow.
func isEmail(text string) bool {
	name, host, _ := strings.Cut(unquoted(text), "@")
	domain, top, _ := strings.Cut(host, ".")
	return madeOf(name, mailboxMarks) && madeOf(domain, "-") && madeOf(top, "-.")
}

const mailboxMarks = "!#$%&'*+-/=?^_`{|}~."

// madeOf reports whether a text has ASCII letters, digits and these marks alone, and
// anything at all.
func madeOf(text, marks string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte(marks, c) >= 0:
		default:
			return false
		}
	}
	return text != ""
}
