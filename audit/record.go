package audit

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit/query"
)

// Record is one stored event. (Org, UniqueID) identifies it: the same event
// sent again is the same record. Records are immutable once decoded and safe to
// share between goroutines.
type Record struct {
	Kind     Kind
	Org      string // org_id, else org, else the sender's own org; may be empty
	UniqueID string

	// Time is when it happened: the event's time, or CreateTime where that is
	// missing, unreadable or outside 1970–2261. UTC, to the nanosecond.
	Time time.Time
	// CreateTime is when the event was first processed, as its sender says. UTC.
	CreateTime time.Time

	// Raw is the bulk event exactly as it was sent: an object with unique_id,
	// create_time, event, and whatever else the sender put beside them.
	Raw string

	// Attributes are an API audit's audit_attributes.
	Attributes []AuditAttribute

	// Version is what a row that can be replaced was read at; empty for events, and
	// for rows that no store gave.
	Version Version

	fields   []fieldValue
	has      uint64 // which fields these are, by number
	extra    []Member
	document query.Document // of a Row; nil for an event
}

type fieldValue struct {
	number fieldNumber
	value  [1]string // an array, so that Values returns a slice without allocating
}

// Key identifies a record.
type Key struct{ Org, UniqueID string }

// Key returns the record's identity.
func (r *Record) Key() Key { return Key{r.Org, r.UniqueID} }

// Compare is the total order of all records: by time, then org, then unique_id. It is
// negative when this record comes first.
func (r *Record) Compare(other *Record) int {
	if order := r.Time.Compare(other.Time); order != 0 {
		return order
	}
	if order := strings.Compare(r.Org, other.Org); order != 0 {
		return order
	}
	return strings.Compare(r.UniqueID, other.UniqueID)
}

// Less reports whether the record comes before another one.
func (r *Record) Less(other *Record) bool { return r.Compare(other) < 0 }

// AuditAttribute is one attribute of an API audit: something the action concerned.
type AuditAttribute struct {
	ID    string // attribute_id
	Type  string // attribute_type
	OrgID string // attribute_org_id
	Name  string // attribute_name
	Raw   string // the attribute as it was sent, with its additional properties
}

// Member is an additional property: a member that the documents do not define,
// or that they define with another type.
type Member struct {
	Name  string
	Value json.RawMessage
	// Mistyped marks a documented member of the wrong type. Clients of the
	// documented API reject a page that holds one under its own name.
	Mistyped bool
}

// Get returns the record's value of a field, and whether it has one. An
// Attribute… field gives that of the first attribute that has it.
func (r *Record) Get(field query.Field) (string, bool) {
	if values := r.Values(field); len(values) > 0 {
		return values[0], true
	}
	return "", false
}

// Members returns the additional properties in the order in which they were
// sent; a name sent twice appears once, with its last value.
func (r *Record) Members() []Member { return r.extra }

// Event returns the event's own object, exactly as it was sent.
func (r *Record) Event() json.RawMessage { return json.RawMessage(eventOf(r.Raw)) }
