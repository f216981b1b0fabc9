package audit

import (
	"time"

	"github.com/authtrail/authtrail/audit/query"
)

// Row is what a store keeps that is no event, and changes: a login flow. To a
// store it is a record whose fields and strings come from its Document.
type Row struct {
	Kind     Kind
	Org      string
	UniqueID string
	Time     time.Time // what the row is ordered and partitioned by, UTC
	Raw      string    // from which a Format restores it
	Document query.Document
}

// NewRow returns the record that a store keeps for a row.
func NewRow(row Row) *Record {
	return &Record{Kind: row.Kind, Org: row.Org, UniqueID: row.UniqueID, Time: row.Time, CreateTime: row.Time,
		Raw: row.Raw, document: row.Document}
}

// RowDocument returns the document that the row was made with; nil for an event.
func (r *Record) RowDocument() query.Document { return r.document }

// Format says what a store's rows are. A store holds rows of one format.
type Format struct {
	Kinds  []Kind        // what a Query without kinds asks for
	Apart  []Kind        // of rows that are held as well, and found only by a Query that names their kind
	Fields []query.Field // those of query.Fields, and then others; new ones are appended
	// Restore makes the row of what is stored; of a Raw that was cut to its head, too. Of a
	// row that was damaged where it is stored the Raw may be empty.
	Restore func(Stored) *Record
	// Head says how many bytes of a Raw are its head; nil where rows have none.
	Head func(raw string) int
	// HeadFields are the fields of which a row restored of its head has the same
	// values as the whole one; a store reads whole rows to know the others.
	HeadFields []query.Field
	// MaxBytes is how long a Raw may be.
	MaxBytes int
	// Numbers are the fields, holding one whole number each, that rows can be
	// ordered by beside time and relevance (see OrderField.Number).
	Numbers []query.Field
}

// Events is the format of audit records, which stores have by themselves.
func Events() Format {
	return Format{Kinds: Kinds, Apart: []Kind{KindRead}, Fields: query.Fields, Restore: Restore, MaxBytes: MaxEventBytes}
}
