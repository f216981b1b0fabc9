package node

import (
	"context"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/graph/model"
)

// LoginFlow is one attempt to prove an identity.
type LoginFlow struct {
	*audit.Flow // its summary, at least
	group       *flowGroup
	at          int
	position    audit.Position
}

// loginFlow returns the node of a row. The flows of all rows are siblings.
func loginFlow(r row) *LoginFlow {
	group := shared(&r.rows.memo, "flows", func() *flowGroup { return r.rows.flowGroup() })
	return &LoginFlow{Flow: group.flows[r.at], group: group, at: r.at}
}

// whole returns the flow with its records.
func (f *LoginFlow) whole() *audit.Flow { return f.group.whole()[f.at] }

// Updated returns a flow that a subscription yields, with the position after it.
func Updated(reader *Reader, flow *audit.Flow, search query.Node, position audit.Position) *LoginFlow {
	group := &flowGroup{reader: reader, flows: []*audit.Flow{flow}, search: search}
	return &LoginFlow{Flow: flow, group: group, position: position}
}

// IsNode implements Node.
func (LoginFlow) IsNode() {}

// ID is the global id.
func (f *LoginFlow) ID() string {
	return flowID(f.Org, f.Flow.ID)
}

func flowID(org, id string) string { return globalID{kind: loginFlowID, org: org, id: id}.String() }

// FormerIDs are ids that lead here, too.
func (f *LoginFlow) FormerIDs() []string {
	ids := make([]string, len(f.Flow.FormerIDs))
	for i, id := range f.Flow.FormerIDs {
		ids[i] = flowID(f.Org, id)
	}
	return ids
}

// Position is the feed position after this state of the flow.
func (f *LoginFlow) Position() *string { return optional(string(f.position)) }

// OrgID is the org of the flow.
func (f *LoginFlow) OrgID() string { return f.Org }

// RequestID is the id that its records share.
func (f *LoginFlow) RequestID() *string { return optional(f.Flow.RequestID) }

// UserID is the system-local id of the user.
func (f *LoginFlow) UserID() *string { return optional(f.Flow.UserID) }

// UpstreamUserID is the id of the user in the upstream system.
func (f *LoginFlow) UpstreamUserID() *string { return optional(f.Flow.UpstreamUserID) }

// ApplicationName is the application.
func (f *LoginFlow) ApplicationName() *string { return optional(f.Flow.ApplicationName) }

// UpstreamIDP is the identity provider.
func (f *LoginFlow) UpstreamIDP() *string { return optional(f.Flow.UpstreamIDP) }

// LastStage is the event name of the last record.
func (f *LoginFlow) LastStage() *string { return optional(f.Flow.LastStage) }

// FailedStage is the event name of the record that decided against it.
func (f *LoginFlow) FailedStage() *string { return optional(f.Flow.FailedStage) }

// DurationMs is the time from the first record to the last.
func (f *LoginFlow) DurationMs() model.Millis { return model.MillisOf(f.Duration()) }

// Retries is how many failures were followed by another try.
func (f *LoginFlow) Retries() int32 { return count(f.Flow.Retries) }

// Revision counts the states of the flow.
func (f *LoginFlow) Revision() int32 { return count(f.Flow.Revision) }

// Revisions are the latest states of the flow, and what each changed.
func (f *LoginFlow) Revisions() []Revision {
	revisions := make([]Revision, len(f.Flow.Revisions))
	for i, r := range f.Flow.Revisions {
		revisions[i] = Revision{Number: count(r.Number), At: r.At, Closing: r.Closing}
		for _, c := range r.Changes {
			revisions[i].Changes = append(revisions[i].Changes,
				Change{Field: c.Field, From: optional(c.From), To: optional(c.To), Came: c.Came, Went: c.Went})
		}
	}
	return revisions
}

// TokenIDs are the tokens.
func (f *LoginFlow) TokenIDs() []string { return f.Tokens }

// Revision is a state of a flow, and what it changed.
type Revision struct {
	Number  int32
	At      time.Time
	Closing bool
	Changes []Change
}

// Change is what a revision changed.
type Change struct {
	Field      string
	From, To   *string
	Came, Went []string
}

// Stage is a run of records with the same event name and result.
type Stage struct {
	EventName, Result *string
	StartedAt         time.Time
	GapMs             model.Millis
	Records           []*AuthAudit
}

// Link says why a record belongs to a flow.
type Link struct {
	Record   *AuthAudit
	Via      audit.LinkVia
	Strength audit.LinkStrength
}

// Verdict says what happened and why.
type Verdict struct {
	Text    string
	Clauses []Clause
}

// Clause is a part of it, with the records that show it.
type Clause struct {
	Text    string
	Records []*AuthAudit
}

// Records are the records of the flow.
func (f *LoginFlow) Records(context.Context) []*AuthAudit {
	return f.group.authAudits(f.whole().Records)
}

// Stages are the stages of the flow.
func (f *LoginFlow) Stages(context.Context) []Stage {
	whole := f.whole()
	stages := make([]Stage, len(whole.Stages))
	for i, stage := range whole.Stages {
		stages[i] = f.group.stage(stage)
	}
	return stages
}

func (g *flowGroup) stage(of audit.Stage) Stage {
	return Stage{EventName: optional(of.EventName), Result: optional(of.Result), StartedAt: of.StartedAt,
		GapMs: model.MillisOf(of.Gap), Records: g.authAudits(of.Records)}
}

// Links say why each of the records belongs to the flow.
func (f *LoginFlow) Links(context.Context) []Link {
	whole := f.whole()
	links := make([]Link, len(whole.Links))
	for i, link := range whole.Links {
		links[i] = Link{Record: f.group.authAudits([]*audit.Record{link.Record})[0], Via: link.Via, Strength: link.Strength}
	}
	return links
}

// Verdict says what happened.
func (f *LoginFlow) Verdict(context.Context) *Verdict {
	whole := f.whole()
	verdict := &Verdict{Text: whole.Verdict.Text}
	for _, clause := range whole.Verdict.Clauses {
		verdict.Clauses = append(verdict.Clauses, Clause{Text: clause.Text, Records: f.group.authAudits(clause.Records)})
	}
	return verdict
}

// SessionView is the first session that the records name.
func (f *LoginFlow) SessionView(context.Context) *Session {
	found := shared(&f.group.memo, query.Session, func() []*strand {
		keys, places := distinct(f.group.flows, func(flow *audit.Flow) (audit.LookupKey, bool) {
			if len(flow.Sessions) == 0 {
				return audit.LookupKey{}, false
			}
			return audit.LookupKey{Org: flow.Org, Value: flow.Sessions[0]}, true
		})
		return placed(newStrands(f.group.reader, query.Session, keys), places)
	})
	if found[f.at] == nil {
		return nil
	}
	return &Session{*found[f.at]}
}
