package node

import (
	"bytes"
	"encoding/json"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/graph/model"
)

// Node is anything with a global id.
type Node interface{ IsNode() }

// AuthAudit is a step of the authentication pipeline.
type AuthAudit struct {
	audit.AuthAudit
	row
	position audit.Position
}

// Audit is an action on a resource through an API.
type Audit struct {
	audit.APIAudit
	row
}

// Event is any other event.
type Event struct {
	audit.GenericEvent
	row
}

// IsNode implements Node.
func (AuthAudit) IsNode() {}

// IsNode implements Node.
func (Audit) IsNode() {}

// IsNode implements Node.
func (Event) IsNode() {}

func authAudit(r row) *AuthAudit {
	return &AuthAudit{AuthAudit: audit.AuthAudit{Record: r.record()}, row: r}
}
func apiAudit(r row) *Audit { return &Audit{APIAudit: audit.APIAudit{Record: r.record()}, row: r} }
func event(r row) *Event    { return &Event{GenericEvent: audit.GenericEvent{Record: r.record()}, row: r} }

// Added returns a record that a subscription yields, with the position after it,
// if that is known.
func Added(reader *Reader, record *audit.Record, search query.Node, position audit.Position) *AuthAudit {
	added := authAudit(row{rows: &rows{reader: reader, records: []*audit.Record{record}, search: search}})
	added.position = position
	return added
}

// Position is the feed position after the record.
func (a *AuthAudit) Position() *string { return optional(string(a.position)) }

// AuditAttribute is an attribute of an API audit.
type AuditAttribute struct {
	AttributeID, AttributeType, AttributeOrgID, AttributeName *string
	Raw                                                       model.JSON
}

// AuditAttributes are what else the action concerned.
func (a *Audit) AuditAttributes() []AuditAttribute {
	attributes := make([]AuditAttribute, len(a.Attributes))
	for i, sent := range a.Attributes {
		attributes[i] = AuditAttribute{AttributeID: optional(sent.ID), AttributeType: optional(sent.Type),
			AttributeOrgID: optional(sent.OrgID), AttributeName: optional(sent.Name), Raw: model.JSON(sent.Raw)}
	}
	return attributes
}

// ExtraProperties are the additional properties as an object, each as it was sent.
func (r row) ExtraProperties() (model.JSON, error) { return objectOf(r.record().Members()) }

// objectOf returns an object with these members, each as it was sent.
func objectOf(members []audit.Member) (model.JSON, error) {
	var object bytes.Buffer
	object.WriteByte('{')
	for i, member := range members {
		if i > 0 {
			object.WriteByte(',')
		}
		name, err := json.Marshal(member.Name)
		if err != nil {
			return nil, err
		}
		object.Write(name)
		object.WriteByte(':')
		object.Write(member.Value)
	}
	object.WriteByte('}')
	return object.Bytes(), nil
}

// optional returns nil for what is not there.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
