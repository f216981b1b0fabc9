package query

// Field is the API name of a member that can be searched and filtered by name.
//
// Every field is a documented member of AuthAudits or Audit, a member of the
// bulk event itself, or one of the few additional properties that decide how an
// event is classified. A field holds no value, one, or (only the Attribute…
// fields) several.
type Field string

// The fields of the event envelope, and those that several kinds of event share.
const (
	UniqueID  Field = "unique_id"
	OrgID     Field = "org_id"
	UserID    Field = "user_id"
	SourceIP  Field = "source_ip"
	TokenID   Field = "token_id"
	TraceID   Field = "trace_id"
	Session   Field = "session"
	RequestID Field = "request_id"
	Subsystem Field = "subsystem"
	LogType   Field = "log_type"
	Hostname  Field = "hostname"
)

// The fields of an authentication audit record.
const (
	UpstreamUserID  Field = "upstream_user_id"
	OrgName         Field = "org_name"
	EventName       Field = "event_name"
	Event           Field = "event" // deprecated by Result, still sent by older agents
	Stage           Field = "stage" // deprecated by EventName, still sent by older agents
	Issuer          Field = "issuer"
	ClientID        Field = "client_id"
	ApplicationName Field = "application_name"
	LoginOrgID      Field = "login_org_id"
	LoginOrgName    Field = "login_org_name"
	UpstreamIDP     Field = "upstream_idp"
	Result          Field = "result"
	UserAgent       Field = "user_agent"
)

// The fields of an API audit record.
const (
	Action              Field = "action"
	APIName             Field = "api_name"
	TargetID            Field = "target_id"
	TargetResourceType  Field = "target_resource_type"
	TargetResourceOrgID Field = "target_resource_org_id"
	TargetResourceName  Field = "target_resource_name"
	SecondaryID         Field = "secondary_id"
	TertiaryID          Field = "tertiary_id"
	ParentID            Field = "parent_id"
	GrandparentID       Field = "grandparent_id"
	Description         Field = "description"
	AttributeType       Field = "attribute_type"
	AttributeID         Field = "attribute_id"
	AttributeOrgID      Field = "attribute_org_id"
	AttributeName       Field = "attribute_name"
)

// Fields lists every field. The order is fixed: stores number fields by it, so
// a new field is appended and none is ever moved or removed.
var Fields = []Field{
	UniqueID, OrgID, UserID, SourceIP, TokenID, TraceID, Session, RequestID, Subsystem, LogType, Hostname,
	UpstreamUserID, OrgName, EventName, Event, Stage, Issuer, ClientID, ApplicationName, LoginOrgID,
	LoginOrgName, UpstreamIDP, Result, UserAgent,
	Action, APIName, TargetID, TargetResourceType, TargetResourceOrgID, TargetResourceName, SecondaryID,
	TertiaryID, ParentID, GrandparentID, Description, AttributeType, AttributeID, AttributeOrgID, AttributeName,
}

var knownFields = func() map[Field]bool {
	known := make(map[Field]bool, len(Fields))
	for _, field := range Fields {
		known[field] = true
	}
	return known
}()

// Known reports whether the field is one of [Fields].
func (f Field) Known() bool { return knownFields[f] }

// Text reports whether the field holds prose: there field:value means words or
// a phrase inside the value, elsewhere it compares the whole value.
func (f Field) Text() bool {
	switch f {
	case ApplicationName, OrgName, LoginOrgName, TargetResourceName, UserAgent, Description:
		return true
	}
	return false
}

// Aliases are the short names a person may type, each with the fields it looks
// at: a record matches when any of them does.
var Aliases = map[string][]Field{
	"user":  {UserID, UpstreamUserID},
	"ip":    {SourceIP},
	"org":   {OrgID},
	"app":   {ApplicationName},
	"idp":   {UpstreamIDP},
	"event": {EventName, Event},
}
