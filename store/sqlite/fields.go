package sqlite

import (
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// indexedField is what the index has to know of a field, worked out once.
type indexedField struct {
	query.Field
	code          string // two letters
	stored        int    // by which the database knows it
	exact, folded string // the beginnings of its terms
	byWords       bool
	coded         bool
	prose         bool
	own           bool // no field of records: its values are not among the strings
	number        bool // its values are found by the column that they have
	unlisted      bool // nearly every row has a value of its own: no list of them is kept
	expected      [audit.KindRead + 1]bool
}

// Fields of query.Fields are known by their place there. Others have letters and
// numbers of their own, which additions to query.Fields never reach.
const (
	ownLetter = 'z'
	ownNumber = 1_000
)

func (l *layout) indexedFields() []indexedField {
	list := make([]indexedField, len(l.Format.Fields))
	places := map[query.Field]int{}
	for i, field := range query.Fields {
		places[field] = i
	}
	others := 0
	for i, field := range l.Format.Fields {
		f := indexedField{Field: field, prose: field.Text(), coded: isCoded(field), byWords: l.byWords(field), number: l.column(field) >= 0}
		place, known := places[field]
		f.stored, f.code = place, string([]byte{'a' + byte(place/26), 'a' + byte(place%26)})
		if !known {
			f.own, f.stored, f.code = true, ownNumber+others, string([]byte{ownLetter, 'a' + byte(others)})
			others++
		}
		f.exact, f.folded = exactTerm+f.code, foldedTerm+f.code
		f.unlisted = f.byWords || l.rows && isID(field) || f.number
		for _, kind := range slices.Concat(l.Kinds, l.Apart) {
			f.expected[kind] = expects(kind, field)
		}
		list[i] = f
	}
	return list
}

// byWords reports whether values of the field are found by their words, and
// verified. Ids are, of which each is in few records and a term of its own in the
// index would cost more than all else, and prose. The id of a row that is replaced
// is in no string.
func (l *layout) byWords(field query.Field) bool {
	switch field {
	case query.UniqueID:
		return !l.rows
	case query.TraceID, query.Session, query.RequestID, query.TokenID, query.FlowRecordID, query.UserAgent, query.Description:
		return true
	}
	return false
}

// isID reports whether nearly every row has a value of the field that few others have.
func isID(field query.Field) bool {
	switch field {
	case query.UniqueID, query.TraceID, query.Session, query.RequestID, query.TokenID, query.FlowID, query.FlowRecordID:
		return true
	}
	return false
}

// expects reports whether records of the kind nearly always have the field. It
// decides only which of the two cases is worth a term; it is part of the schema.
func expects(kind audit.Kind, field query.Field) bool {
	return field == query.UniqueID || field == query.OrgID || expectedFields[kind][field]
}

var expectedFields = map[audit.Kind]map[query.Field]bool{
	audit.KindAuth: fieldSet(query.UserID, query.SourceIP, query.TraceID, query.Session, query.RequestID,
		query.Subsystem, query.UpstreamUserID, query.OrgName, query.EventName, query.Issuer, query.ClientID,
		query.ApplicationName, query.LoginOrgID, query.LoginOrgName, query.UpstreamIDP, query.Result, query.UserAgent),
	audit.KindAPI: fieldSet(query.UserID, query.SourceIP, query.TokenID, query.TraceID, query.Session,
		query.Subsystem, query.Action, query.APIName, query.TargetID, query.TargetResourceType,
		query.TargetResourceName, query.AttributeType, query.AttributeID, query.AttributeOrgID),
	audit.KindFlow: fieldSet(query.UserID, query.SourceIP, query.TraceID, query.Session, query.RequestID,
		query.Subsystem, query.UpstreamUserID, query.OrgName, query.EventName, query.Issuer, query.ClientID,
		query.ApplicationName, query.LoginOrgID, query.LoginOrgName, query.UpstreamIDP, query.Result, query.UserAgent,
		query.FlowID, query.FlowRecordID, query.FlowOutcome, query.FlowLastStage, query.FlowShape, query.FlowStage,
		query.FlowDurationMS, query.FlowRetries, query.FlowEndedAt, query.FlowVia),
}

func fieldSet(fields ...query.Field) map[query.Field]bool {
	set := make(map[query.Field]bool, len(fields))
	for _, field := range fields {
		set[field] = true
	}
	return set
}
