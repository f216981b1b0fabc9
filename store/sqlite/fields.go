package sqlite

import (
	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// indexedField is what the index has to know of a field, worked out once.
type indexedField struct {
	query.Field
	code          string // two letters
	exact, folded string // the beginnings of its terms
	byWords       bool
	coded         bool
	prose         bool
	expected      [audit.KindGeneric + 1]bool
}

var indexedFields = func() []indexedField {
	list := make([]indexedField, len(query.Fields))
	for i, field := range query.Fields {
		code := string([]byte{'a' + byte(i/26), 'a' + byte(i%26)})
		list[i] = indexedField{
			Field: field, code: code, exact: exactTerm + code, folded: foldedTerm + code,
			byWords: byWords(field), prose: field.Text(), coded: isCoded(field),
		}
		for _, kind := range audit.Kinds {
			list[i].expected[kind] = expects(kind, field)
		}
	}
	return list
}()

// fieldCodes holds the two letters of every field.
var fieldCodes = func() map[query.Field]string {
	codes := make(map[query.Field]string, len(indexedFields))
	for _, field := range indexedFields {
		codes[field.Field] = field.code
	}
	return codes
}()

// byWords reports whether values of the field are found by their words, and
// verified. The first are ids, of which each is in few records and a term of
// its own in the index would cost more than all else; the others are prose.
func byWords(field query.Field) bool {
	switch field {
	case query.UniqueID, query.TraceID, query.Session, query.RequestID, query.TokenID,
		query.UserAgent, query.Description:
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
}

func fieldSet(fields ...query.Field) map[query.Field]bool {
	set := make(map[query.Field]bool, len(fields))
	for _, field := range fields {
		set[field] = true
	}
	return set
}
