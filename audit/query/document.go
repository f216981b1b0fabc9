package query

import (
	"iter"
	"time"
)

// Document is what a tree is matched against: the little that the matcher, the
// highlighter and the stores' indexing need to know of a record.
type Document interface {
	// Values returns the values of a field as they were sent, none when the
	// record lacks it. The caller must not change the slice.
	Values(Field) []string

	// Strings yields every string of the record at any depth, each once per
	// occurrence: documented members, attributes, additional properties and the
	// unique_id. Keys, numbers, booleans and nulls are not strings. Path is the
	// dotted name of the member ("device.os"; elements of a list have the path
	// of the list).
	Strings() iter.Seq2[string, string]

	// Extra yields every scalar additional property: its dotted path, and its
	// value, which is the text of a string and the JSON text of a number or
	// boolean. Nulls are not yielded.
	Extra() iter.Seq2[string, string]

	// Time is when it happened, in UTC, to the nanosecond.
	Time() time.Time
}
