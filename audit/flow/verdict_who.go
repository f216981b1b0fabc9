package flow

import (
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// told is the record that a verdict is about: the one that decides, or else the last.
func (a *account) told() *audit.Record {
	if a.end.record != nil {
		return a.end.record
	}
	return a.last()
}

// userFields are what the user is named by, best first. Where records name several
// users, the name must be one of the record that the verdict is about, if it has any.
func (a *account) userFields() []query.Field {
	fields := []query.Field{query.UpstreamUserID, query.UserID}
	if valueOf(a.told(), query.UpstreamUserID) == "" && valueOf(a.told(), query.UserID) != "" {
		if users, _ := usersOf(a.flow.Records); len(users) > 1 {
			return fields[1:]
		}
	}
	return fields
}

// named returns the name that the record which the verdict is about has in the
// first of these fields, or else the first record that has it; and remembers which.
func (a *account) named(fields ...query.Field) string {
	for _, field := range fields {
		for _, among := range [][]*audit.Record{{a.told()}, a.flow.Records} {
			for _, r := range among {
				if name := plainName(valueOf(r, field), maxName); name != "" {
					a.naming = append(a.naming, r)
					return name
				}
			}
		}
	}
	return ""
}

// showing returns the record that the verdict is about, and those that tell who
// the user is and what the application.
func (a *account) showing() []*audit.Record {
	return ordered(append([]*audit.Record{a.told()}, a.naming...))
}

// subject names the user at the beginning of a sentence, object inside one.
func (a *account) subject() string { return a.whom("Service account", "An unknown user") }
func (a *account) object() string  { return a.whom("service account", "an unknown user") }

func (a *account) whom(service, unknown string) string {
	switch {
	case a.assertion != nil && a.user == "":
		return strings.Replace(unknown, "user", "service account", 1)
	case a.assertion != nil:
		return service + " " + a.user
	case a.user == "":
		return unknown
	}
	return a.user
}

// somebodyElse returns the user that a record names, where that is not the one whom
// the verdict is about.
func (a *account) somebodyElse(r *audit.Record) string {
	name := plainName(valueOf(r, query.UpstreamUserID), maxName)
	if name == "" {
		name = plainName(valueOf(r, query.UserID), maxName)
	}
	if name == "" || name == a.user {
		return ""
	}
	if users, _ := usersOf(a.flow.Records); len(users) < 2 {
		return "" // it is the other id of the same user
	}
	return name
}
