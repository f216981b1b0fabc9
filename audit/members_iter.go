package audit

import (
	"iter"

	"github.com/authtrail/authtrail/audit/internal/jsontext"
)

// EventMembers yields the members of the event's own object in order: each name, and
// the JSON text of its value. Of a name that was sent twice the last is yielded alone.
func (r *Record) EventMembers() iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		event := membersOf(eventOf(r.Raw))
		for _, m := range event.list {
			if !yield(m.name, m.value) {
				return
			}
		}
	}
}

// EnvelopeMembers yields what the sender put beside unique_id, create_time and event,
// as EventMembers does.
func (r *Record) EnvelopeMembers() iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for name, value := range jsontext.Members(r.Raw) {
			switch name {
			case "unique_id", "create_time", "event":
				continue
			}
			if !yield(name, value) {
				return
			}
		}
	}
}
