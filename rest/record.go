package rest

import (
	"slices"
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

// appendExtra writes the additional properties as they were sent. Those that
// the published client could not take under their own names, which would make it
// reject the whole page, stand together in one property named mistyped: left
// out they would be lost.
func appendExtra(dst []byte, members []audit.Member) []byte {
	moved := 0
	for _, m := range members {
		if m.Mistyped || isReserved(m.Name) {
			moved++
			continue
		}
		dst = appendName(append(dst, ','), m.Name)
		dst = append(dst, m.Value...)
	}
	if moved == 0 {
		return dst
	}
	dst = append(appendName(append(dst, ','), freeName(members)), '{')
	for _, m := range members {
		if m.Mistyped || isReserved(m.Name) {
			dst = append(appendName(dst, m.Name), m.Value...)
			dst = append(dst, ',')
		}
	}
	dst[len(dst)-1] = '}'
	return dst
}

// isReserved reports whether a name is one that the published client's models
// use for themselves: as a property it makes them fail, or is lost.
func isReserved(name string) bool {
	switch name {
	case "cls", "_check_type", "_configuration", "_data_store", "_path_to_item", "_spec_property_naming",
		"_visited_composed_classes":
		return true
	}
	return false
}

// freeName is mistyped, lengthened until no additional property has that name.
func freeName(members []audit.Member) string {
	name := "mistyped"
	for slices.ContainsFunc(members, func(m audit.Member) bool { return m.Name == name }) {
		name += "_"
	}
	return name
}

func appendAttributes(dst []byte, attributes []audit.AuditAttribute) []byte {
	for i, attribute := range attributes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendAttribute(dst, attribute.Raw)
	}
	return append(dst, ']')
}

// appendAttribute writes an attribute as it was sent, but for what the published
// client rejects: documented members that are null, and reserved names.
func appendAttribute(dst []byte, raw string) []byte {
	if !strings.Contains(raw, "null") && !strings.Contains(raw, `"cls"`) && !strings.Contains(raw, `"_`) &&
		!strings.Contains(raw, `\`) {
		return append(dst, raw...)
	}
	var extra []audit.Member
	dst = append(dst, '{')
	start := len(dst)
	eachMember([]byte(raw), func(name string, value []byte) {
		extra = slices.DeleteFunc(extra, func(m audit.Member) bool { return m.Name == name })
		if string(value) != "null" || !isDocumentedAttribute(name) {
			extra = append(extra, audit.Member{Name: name, Value: value})
		}
	})
	if dst = appendExtra(dst, extra); len(dst) > start {
		dst = slices.Delete(dst, start, start+1) // the first comma
	}
	return append(dst, '}')
}

func isDocumentedAttribute(name string) bool {
	switch query.Field(name) {
	case query.AttributeID, query.AttributeType, query.AttributeOrgID, query.AttributeName:
		return true
	}
	return false
}
