package audit

import "github.com/authtrail/authtrail/audit/query"

// AuthAudit is a record of KindAuth with an accessor for each documented
// property. A property that was not sent is nil.
type AuthAudit struct{ *Record }

// APIAudit is a record of KindAPI, likewise.
type APIAudit struct{ *Record }

// GenericEvent is a record of KindGeneric: an accessor for each property that
// Authtrail knows, among them the ids it is correlated by.
type GenericEvent struct{ *Record }

// text returns the record's own value of a field, which nobody may change.
func (r *Record) text(field query.Field) *string {
	if values := r.Values(field); len(values) > 0 {
		return &values[0]
	}
	return nil
}

// OrgID is the org the record belongs to; it may be empty.
func (r *Record) OrgID() string { return r.Org }

// UserID is the system-local id of the user.
func (r *Record) UserID() *string { return r.text(query.UserID) }

// SourceIP is the address of the host that initiated the action.
func (r *Record) SourceIP() *string { return r.text(query.SourceIP) }

// TokenID is the id of the token that was issued or used.
func (r *Record) TokenID() *string { return r.text(query.TokenID) }

// TraceID is the correlation id of the HTTP request.
func (r *Record) TraceID() *string { return r.text(query.TraceID) }

// Session is the session of the tokens.
func (r *Record) Session() *string { return r.text(query.Session) }

// RequestID is the id of the login attempt. API audits do not document it.
func (r *Record) RequestID() *string { return r.text(query.RequestID) }

// UpstreamUserID is the id of the user in the upstream system.
func (a AuthAudit) UpstreamUserID() *string { return a.text(query.UpstreamUserID) }

// OrgName is the name of the issuer's org.
func (a AuthAudit) OrgName() *string { return a.text(query.OrgName) }

// Event is deprecated by Result.
func (a AuthAudit) Event() *string { return a.text(query.Event) }

// EventName is the step of the authentication pipeline.
func (a AuthAudit) EventName() *string { return a.text(query.EventName) }

// Issuer is the issuer the user logged in to.
func (a AuthAudit) Issuer() *string { return a.text(query.Issuer) }

// ClientID is the id that the client presented.
func (a AuthAudit) ClientID() *string { return a.text(query.ClientID) }

// ApplicationName is the application that the user is logging in to.
func (a AuthAudit) ApplicationName() *string { return a.text(query.ApplicationName) }

// LoginOrgID is the org that the user is logging in to.
func (a AuthAudit) LoginOrgID() *string { return a.text(query.LoginOrgID) }

// LoginOrgName is the name of that org.
func (a AuthAudit) LoginOrgName() *string { return a.text(query.LoginOrgName) }

// UpstreamIDP is the identity provider.
func (a AuthAudit) UpstreamIDP() *string { return a.text(query.UpstreamIDP) }

// Stage is deprecated by EventName.
func (a AuthAudit) Stage() *string { return a.text(query.Stage) }

// Result is how the step ended.
func (a AuthAudit) Result() *string { return a.text(query.Result) }

// UserAgent is the user agent of the client.
func (a AuthAudit) UserAgent() *string { return a.text(query.UserAgent) }

// TargetResourceType is the type of the resource acted on.
func (a APIAudit) TargetResourceType() *string { return a.text(query.TargetResourceType) }

// TargetResourceOrgID is the org of the resource acted on.
func (a APIAudit) TargetResourceOrgID() *string { return a.text(query.TargetResourceOrgID) }

// TargetResourceName is the name of the resource acted on.
func (a APIAudit) TargetResourceName() *string { return a.text(query.TargetResourceName) }

// APIName is the API that was called.
func (a APIAudit) APIName() *string { return a.text(query.APIName) }

// Action is what was done.
func (a APIAudit) Action() *string { return a.text(query.Action) }

// TargetID is the id of the resource acted on.
func (a APIAudit) TargetID() *string { return a.text(query.TargetID) }

// SecondaryID is the id of a sub-resource of the target.
func (a APIAudit) SecondaryID() *string { return a.text(query.SecondaryID) }

// TertiaryID is the id of a sub-resource of the secondary one.
func (a APIAudit) TertiaryID() *string { return a.text(query.TertiaryID) }

// ParentID is the id of the target's parent.
func (a APIAudit) ParentID() *string { return a.text(query.ParentID) }

// GrandparentID is the id of the parent's parent.
func (a APIAudit) GrandparentID() *string { return a.text(query.GrandparentID) }

// Description says in words what was done.
func (a APIAudit) Description() *string { return a.text(query.Description) }

// Subsystem is the sender's own word for what sent the event.
func (e GenericEvent) Subsystem() *string { return e.text(query.Subsystem) }

// LogType is the sender's own word for what kind of log it is.
func (e GenericEvent) LogType() *string { return e.text(query.LogType) }

// Hostname is the host that sent the event.
func (e GenericEvent) Hostname() *string { return e.text(query.Hostname) }
