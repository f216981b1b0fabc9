package storetest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// epoch is where the suite's records lie, unless a check needs other times: a
// whole second, early in a day.
var epoch = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// event makes the record of a bulk event; members is the inside of the event's
// object. Without org_id the record is of the org "org-a".
func event(uniqueID string, at time.Time, members string) *audit.Record {
	text := at.UTC().Format(time.RFC3339Nano)
	comma := ","
	if members == "" {
		comma = ""
	}
	return decode(fmt.Sprintf(`{"unique_id":%q,"create_time":%q,"event":{"time":%q%s%s}}`, uniqueID, text, text, comma, members), "org-a")
}

// eventOf is event in an org.
func eventOf(org, uniqueID string, at time.Time, members string) *audit.Record {
	if members != "" {
		members = "," + members
	}
	return event(uniqueID, at, fmt.Sprintf(`"org_id":%s%s`, quote(org), members))
}

// decode reads a bulk event that the suite itself wrote.
func decode(raw, org string) *audit.Record {
	r, err := audit.DecodeEvent(json.RawMessage(raw), org)
	if err != nil {
		panic(fmt.Sprintf("the suite's own event is invalid: %v: %.300s", err, raw))
	}
	return r
}

func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(quoted)
}

// everything is the query of all records.
var everything = audit.Query{Scope: audit.AllOrgs()}

// where is the query of the records that a node matches.
func where(node query.Node) audit.Query { return audit.Query{Scope: audit.AllOrgs(), Where: node} }

func exact(field query.Field, values ...string) query.Node {
	return query.Exact{Field: field, Values: values}
}
