package node

import (
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/graph/model"
)

// LoginFlow is one attempt to prove an identity.
type LoginFlow struct {
	*audit.Flow
	group *flowGroup
	at    int
}

// IsNode implements Node.
func (LoginFlow) IsNode() {}

// ID is the global id.
func (f *LoginFlow) ID() string {
	return globalID{kind: loginFlowID, org: f.Org, id: f.Flow.RequestID}.String()
}

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

// Revision counts the versions of the flow.
func (f *LoginFlow) Revision() int32 { return count(f.Flow.Revision) }

// TokenIDs are the tokens.
func (f *LoginFlow) TokenIDs() []string { return f.Tokens }

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
func (f *LoginFlow) Records() []*AuthAudit { return f.group.authAudits(f.Flow.Records) }

// Stages are the stages of the flow.
func (f *LoginFlow) Stages() []Stage {
	stages := make([]Stage, len(f.Flow.Stages))
	for i, stage := range f.Flow.Stages {
		stages[i] = Stage{EventName: optional(stage.EventName), Result: optional(stage.Result),
			StartedAt: stage.StartedAt, GapMs: model.MillisOf(stage.Gap), Records: f.group.authAudits(stage.Records)}
	}
	return stages
}

// Links say why each of the records belongs to the flow.
func (f *LoginFlow) Links() []Link {
	links := make([]Link, len(f.Flow.Links))
	for i, link := range f.Flow.Links {
		links[i] = Link{Record: f.group.authAudits([]*audit.Record{link.Record})[0], Via: link.Via, Strength: link.Strength}
	}
	return links
}

// Verdict says what happened.
func (f *LoginFlow) Verdict() *Verdict {
	verdict := &Verdict{Text: f.Flow.Verdict.Text}
	for _, clause := range f.Flow.Verdict.Clauses {
		verdict.Clauses = append(verdict.Clauses, Clause{Text: clause.Text, Records: f.group.authAudits(clause.Records)})
	}
	return verdict
}

// SessionView is the first session that the records name.
func (f *LoginFlow) SessionView() *Session {
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

// flowGroup is the flows that were read together.
type flowGroup struct {
	reader *Reader
	flows  []*audit.Flow
	search query.Node // what found them; to highlight
	memo   memo
}

// add puts a flow into the group.
func (g *flowGroup) add(flow *audit.Flow) *LoginFlow {
	g.flows = append(g.flows, flow)
	return &LoginFlow{Flow: flow, group: g, at: len(g.flows) - 1}
}

// groupRows are all records of a group's flows as siblings.
type groupRows struct {
	rows   *rows
	places map[audit.Key]int
}

// authAudits returns the nodes of some records of the group's flows.
func (g *flowGroup) authAudits(records []*audit.Record) []*AuthAudit {
	all := shared(&g.memo, "rows", g.allRows)
	nodes := make([]*AuthAudit, len(records))
	for i, record := range records {
		nodes[i] = authAudit(row{rows: all.rows, at: all.places[record.Key()]})
	}
	return nodes
}

func (g *flowGroup) allRows() groupRows {
	all := groupRows{rows: &rows{reader: g.reader, search: g.search}, places: map[audit.Key]int{}}
	for _, flow := range g.flows {
		for _, record := range flow.Records {
			all.places[record.Key()] = len(all.rows.records)
			all.rows.records = append(all.rows.records, record)
		}
	}
	return all
}
