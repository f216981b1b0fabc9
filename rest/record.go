package rest

import (
	"encoding/json"
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// shape is how the records of one list are written: their documented members
// besides org_id and time, in order.
type shape struct {
	fields     []query.Field
	attributes bool
}

var authShape = shape{fields: []query.Field{
	query.UserID, query.UpstreamUserID, query.OrgName, query.Event, query.EventName, query.SourceIP, query.TokenID,
	query.TraceID, query.Session, query.Issuer, query.ClientID, query.ApplicationName, query.LoginOrgID,
	query.LoginOrgName, query.UpstreamIDP, query.Stage, query.Result, query.UserAgent, query.RequestID,
}}

var auditShape = shape{attributes: true, fields: []query.Field{
	query.UserID, query.TargetResourceType, query.TargetResourceOrgID, query.TargetResourceName, query.APIName,
	query.Action, query.SourceIP, query.TargetID, query.TokenID, query.TraceID, query.Session, query.SecondaryID,
	query.TertiaryID, query.ParentID, query.GrandparentID, query.Description,
}}

// append writes a record: what it has of the documented members, and its
// additional properties as they were sent.
func (s shape) append(dst []byte, r *audit.Record) []byte {
	dst = appendTime(append(dst, `{"time":`...), r.Time)
	if r.Org != "" {
		dst = appendMember(append(dst, ','), string(query.OrgID), r.Org)
	}
	for _, field := range s.fields {
		if value, ok := r.Get(field); ok {
			dst = appendMember(append(dst, ','), string(field), value)
		}
	}
	if s.attributes && r.Attributes != nil {
		dst = appendAttributes(append(dst, `,"audit_attributes":[`...), r.Attributes)
	}
	return append(appendExtra(dst, r.Members()), '}')
}

// appendExtra writes the additional properties. Those that the documents define
// with another type stand together in one property named mistyped: under their
// own names they would make the published client reject the whole page, and
// left out they would be lost.
func appendExtra(dst []byte, members []audit.Member) []byte {
	mistyped := 0
	for _, m := range members {
		if m.Mistyped {
			mistyped++
			continue
		}
		dst = appendName(append(dst, ','), m.Name)
		dst = append(dst, m.Value...)
	}
	if mistyped == 0 {
		return dst
	}
	dst = append(appendName(append(dst, ','), freeName(members, "mistyped")), '{')
	for _, m := range members {
		if m.Mistyped {
			dst = append(appendName(dst, m.Name), m.Value...)
			dst = append(dst, ',')
		}
	}
	dst[len(dst)-1] = '}'
	return dst
}

// freeName is the name, lengthened until no additional property has it.
func freeName(members []audit.Member, name string) string {
	for _, m := range members {
		if m.Name == name && !m.Mistyped {
			return freeName(members, name+"_")
		}
	}
	return name
}

func appendAttributes(dst []byte, attributes []audit.AuditAttribute) []byte {
	for i, attribute := range attributes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, withoutNulls(attribute.Raw)...)
	}
	return append(dst, ']')
}

// withoutNulls returns an attribute as it was sent, but for documented members
// that are null, which the published client rejects.
func withoutNulls(attribute string) string {
	if !strings.Contains(attribute, "null") {
		return attribute
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(attribute), &members); err != nil {
		return attribute
	}
	for _, name := range []string{"attribute_id", "attribute_type", "attribute_org_id", "attribute_name"} {
		if string(members[name]) == "null" {
			delete(members, name)
		}
	}
	kept, err := json.Marshal(members)
	if err != nil {
		return attribute
	}
	return string(kept)
}
