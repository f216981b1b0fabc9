package elastic

import (
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// wholeRow is what a search has to ask of a hit's _source to restore its row.
func (f *format) wholeRow() dsl.Source {
	whole := dsl.Source{fieldBody, fieldKind, fieldMeta, fieldTime}
	if f.hasHeads() {
		whole = append(whole, fieldHead)
	}
	return whole
}

// headOnly is what to ask of it to restore the row from its head.
func (f *format) headOnly() dsl.Source {
	if !f.hasHeads() {
		return f.wholeRow()
	}
	return dsl.Source{fieldHead, fieldKind, fieldMeta, fieldTime}
}

// source is the _source of a hit, as far as its row is restored from it.
type source struct {
	Head string     `json:"head"`
	Body string     `json:"body"`
	Kind audit.Kind `json:"kind"`
	Time time.Time  `json:"time"`
	Meta struct {
		Org      string `json:"org"`
		UniqueID string `json:"unique_id"`
	} `json:"meta"`
	Copied    string `json:"copied"` // only where a reindex asks for it
	CopiedSeq int64  `json:"copied_seq"`
}

func (s source) stored() audit.Stored {
	return audit.Stored{Kind: s.Kind, Org: s.Meta.Org, UniqueID: s.Meta.UniqueID, Time: s.Time, Raw: s.Head + s.Body}
}

// record returns the record that was found: that which a _source holds, in the
// version that was there.
func (f *format) record(at spot, s source) *audit.Record {
	r := f.Restore(s.stored())
	if f.replaced() {
		r.Version = at.version()
	}
	return r
}

// cut returns a row that was read whole as it is restored from its head.
func (f *format) cut(r *audit.Record) *audit.Record {
	if !f.hasHeads() {
		return r
	}
	stored := r.Stored()
	stored.Raw, _ = f.split(r.Raw)
	short := f.Restore(stored)
	short.Version = r.Version
	return short
}
