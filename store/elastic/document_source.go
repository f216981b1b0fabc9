package elastic

import (
	"time"

	"github.com/authtrail/authtrail/audit"
)

// sourceFields are what a search has to ask of a hit's _source to restore its record.
var sourceFields = []string{fieldBody, fieldKind, fieldMeta, fieldTime}

// source is the _source of a hit, as far as its record is restored from it.
type source struct {
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

// fromHit returns the record that a hit's _source holds.
func fromHit(s source) *audit.Record {
	return audit.Restore(audit.Stored{Kind: s.Kind, Org: s.Meta.Org, UniqueID: s.Meta.UniqueID, Time: s.Time, Raw: s.Body})
}
