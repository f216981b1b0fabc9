package destination

import (
	"slices"
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/internal/jsontext"
	"github.com/authtrail/authtrail/audit/query"
)

// Filters say which events a destination wants: those that pass all of them.
type Filters []Filter

// Filter compares one property of events: with Value, or with any of OrList. One
// that has neither passes everything.
type Filter struct {
	Type   string // the name of a top-level property of the event
	Value  *string
	OrList []string
	Extra  []audit.Member
}

// Matches reports whether a record passes all filters. A property that is a
// number, true or false is compared by its JSON text; a list, an object, null, and
// a property that the event does not have, are like no value. An event without a
// subsystem has that which its log_type names, as when it was taken in.
func (list Filters) Matches(r *audit.Record) bool {
	if len(list) == 0 {
		return true
	}
	return list.MatchObject(string(r.Event()))
}

// MatchObject is Matches for an object in place of an event.
func (list Filters) MatchObject(event string) bool {
	for _, filter := range list {
		if filter.Value == nil && len(filter.OrList) == 0 {
			continue
		}
		value, ok := property(event, filter.Type)
		if !ok && filter.Type == string(query.Subsystem) {
			value, ok = property(event, string(query.LogType))
		}
		if !ok || !filter.wants(value) {
			return false
		}
	}
	return true
}

func (f Filter) wants(value string) bool {
	return f.Value != nil && *f.Value == value || slices.Contains(f.OrList, value)
}

// property returns a property of an event as it was sent; of a name sent twice
// the last counts.
func property(event, name string) (value string, ok bool) {
	var text string
	for member, value := range jsontext.Members(event) {
		if member == name {
			text = value
		}
	}
	switch {
	case jsontext.IsString(text):
		return jsontext.Unquote(text), true
	case text == "" || text == "null" || strings.ContainsAny(text[:1], "{["):
		return "", false
	}
	return text, true
}
