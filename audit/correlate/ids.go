package correlate

import (
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// fields are where records have an id of each kind.
var fields = map[Kind][]query.Field{
	Record:   {query.UniqueID},
	Request:  {query.RequestID},
	Trace:    {query.TraceID},
	Token:    {query.TokenID},
	Session:  {query.Session},
	User:     {query.UserID, query.UpstreamUserID},
	SourceIP: {query.SourceIP},
}

// followed are the kinds of id that lead on, surest first; linked are those that
// tie a record to a node.
var (
	followed = []Kind{Request, Trace, Token, Session}
	linked   = append(slices.Clone(followed), User, SourceIP)
)

// place identifies a node.
type place struct {
	kind       Kind
	org, value string
}

// placesOf returns what the record has of some kinds of id, in their order.
func placesOf(r *audit.Record, kinds []Kind) []place {
	var places []place
	for _, kind := range kinds {
		for _, field := range fields[kind] {
			at := place{kind, r.Org, valueOf(r, field)}
			if at.value != "" && !slices.Contains(places, at) {
				places = append(places, at)
			}
		}
	}
	return places
}

func valueOf(r *audit.Record, field query.Field) string {
	value, _ := r.Get(field)
	return value
}

// distrust returns why an id that is on some records, all there are, should not be
// followed. That goes for traces only: a token may be used in several attempts, and
// a session has several by nature, but of one HTTP request neither users nor
// attempts can differ.
func distrust(kind Kind, records []*audit.Record) (reasons []string) {
	if kind != Trace {
		return nil
	}
	if differ(records, query.RequestID) {
		reasons = append(reasons, "records of more than one attempt have it")
	}
	if differ(records, query.UserID) || differ(records, query.UpstreamUserID) {
		reasons = append(reasons, "records of more than one user have it")
	}
	return reasons
}

// differ reports whether some records have different values of a field.
func differ(records []*audit.Record, field query.Field) bool {
	first := ""
	for _, r := range records {
		switch value := valueOf(r, field); {
		case value == "" || value == first:
		case first == "":
			first = value
		default:
			return true
		}
	}
	return false
}
