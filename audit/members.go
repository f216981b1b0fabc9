package audit

import (
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit/internal/jsontext"
	"github.com/authtrail/authtrail/audit/query"
)

// members are the members of one JSON object, in order. Of a name that occurs
// twice the last counts, as in every common reader of JSON.
type members struct {
	object bool
	list   []member
}

type member struct{ name, value string }

// typicalMembers is how many members most events have at most.
const typicalMembers = 24

func membersOf(text string) members { return membersIn(make([]member, 0, typicalMembers), text) }

// membersIn is membersOf in the room that the caller has: what is needed for a moment
// may lie on its stack.
func membersIn(room []member, text string) members {
	m := members{object: strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{")}
	if !m.object {
		return m
	}
	for name, value, next := jsontext.FirstMember(text); next > 0; name, value, next = jsontext.Member(text, next) {
		room = append(room, member{name, value})
	}
	m.list = lastOfEach(room)
	return m
}

// lastOfEach drops the members whose name occurs again later.
func lastOfEach(list []member) []member {
	if len(list) <= 32 && allDiffer(list) { // nearly always, and much cheaper than a map
		return list
	}
	last := make(map[string]int, len(list))
	for i, m := range list {
		last[m.name] = i
	}
	if len(last) == len(list) {
		return list
	}
	kept := list[:0]
	for i, m := range list {
		if last[m.name] == i {
			kept = append(kept, m)
		}
	}
	return kept
}

func allDiffer(list []member) bool {
	for i := range list {
		for j := range i {
			if list[i].name == list[j].name {
				return false
			}
		}
	}
	return true
}

// value returns the JSON text of a member, empty when there is none.
func (m *members) value(name string) string {
	for i := range m.list {
		if m.list[i].name == name {
			return m.list[i].value
		}
	}
	return ""
}

// text returns a member that is a string, and the empty string otherwise.
func (m *members) text(name string) string {
	if value := m.value(name); jsontext.IsString(value) {
		return jsontext.Unquote(value)
	}
	return ""
}

func (m *members) hasAny(names ...string) bool {
	for _, name := range names {
		if value := m.value(name); value != "" && value != "null" {
			return true
		}
	}
	return false
}

// optionalText reports whether each of the members is a string, null or absent.
func (m *members) optionalText(names ...string) bool {
	for _, name := range names {
		if value := m.value(name); value != "" && value != "null" && !jsontext.IsString(value) {
			return false
		}
	}
	return true
}

func eventOf(raw string) string {
	var event string
	for name, value, next := jsontext.FirstMember(raw); next > 0; name, value, next = jsontext.Member(raw, next) {
		if name == "event" {
			event = value
		}
	}
	return event
}

// readTime reads the time of an event, from 1970 to 2261, as generously as one
// that is searched for is read. Package time comes first since it is quicker
// with what nearly all events have, and last for a fraction of more than nine
// digits, which it cuts to the nanosecond.
func readTime(text string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		var ok bool
		if t, ok = query.ParseInstant(text); !ok {
			t, err = time.Parse("2006-01-02T15:04:05.999999999", text)
			if err != nil {
				return time.Time{}, false
			}
		}
	}
	return t.UTC(), InTimeRange(t)
}

// InTimeRange reports whether a time lies in the years 1970 to 2261, which is
// what every store can hold to the nanosecond.
func InTimeRange(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 1970 && year <= 2261
}

// role says what a member of an event is to a record of some kind.
type role uint8

const (
	additional role = iota // an additional property
	documented             // a documented string
	ownName                // searched by its own name, and an additional property as well
	attributes             // audit_attributes
	timeMember             // the event's time
)

func memberRole(kind Kind, known map[string]fieldNumber, name string) (fieldNumber, role) {
	switch name {
	case "time":
		return 0, timeMember
	case "audit_attributes":
		if kind == KindAPI {
			return 0, attributes
		}
		return 0, additional
	case string(query.Subsystem), string(query.LogType), string(query.Hostname):
		return numberIn(query.Field(name)), ownName
	}
	if number, ok := known[name]; ok {
		return number, documented
	}
	return 0, additional
}

var documentedFields = map[Kind]map[string]fieldNumber{
	KindAuth: nameSet(query.UserID, query.UpstreamUserID, query.OrgID, query.OrgName, query.Event, query.EventName,
		query.SourceIP, query.TokenID, query.TraceID, query.Session, query.Issuer, query.ClientID,
		query.ApplicationName, query.LoginOrgID, query.LoginOrgName, query.UpstreamIDP, query.Stage,
		query.Result, query.UserAgent, query.RequestID),
	KindAPI: nameSet(query.UserID, query.TargetResourceType, query.TargetResourceOrgID, query.TargetResourceName,
		query.APIName, query.OrgID, query.Action, query.SourceIP, query.TargetID, query.TokenID, query.TraceID,
		query.Session, query.SecondaryID, query.TertiaryID, query.ParentID, query.GrandparentID, query.Description),
	KindGeneric: nameSet(query.UserID, query.OrgID, query.SourceIP, query.TokenID, query.TraceID, query.Session,
		query.RequestID),
	KindRead: nameSet(query.UserID, query.OrgID, query.SourceIP, query.RequestID),
}

func nameSet(fields ...query.Field) map[string]fieldNumber {
	set := make(map[string]fieldNumber, len(fields))
	for _, field := range fields {
		set[string(field)] = numberIn(field)
	}
	return set
}
