package format

import (
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/audit/redact"
)

// Summary is what protocols with fields of their own say of an event beside its body,
// with the redactions made.
type Summary struct {
	Kind    string // auth, api, generic or login_flow
	ID      string // the unique_id
	Time    time.Time
	Title   string // a few words
	Outcome Outcome
	Fields  []Field
}

// Field is an id, or a name, that an event has. It has its documented name.
type Field struct{ Name, Value string }

// Summarizer makes summaries of the events of a destination. Several goroutines may use it.
type Summarizer struct{ redactor *redact.Redactor }

// NewSummarizer returns the Summarizer of a destination, whose secrets it has.
func NewSummarizer(d destination.Destination) (*Summarizer, error) {
	redactor, err := redact.New(d)
	if err != nil {
		return nil, err
	}
	return &Summarizer{redactor}, nil
}

// Summary returns that of a record, or of a row of a login flow.
func (s *Summarizer) Summary(r *audit.Record) (Summary, error) {
	if r.Kind == audit.KindFlow {
		f, err := envelopeOf(r, s.redactor)
		if err != nil {
			return Summary{}, err
		}
		return f.summary(), nil
	}
	e := eventOf(s.redactor.Record(r))
	e.read()
	summary := Summary{Kind: e.Kind.String(), ID: e.UniqueID, Time: e.Time, Title: e.title(), Outcome: e.outcome()}
	summary.add("org_id", e.Org)
	for _, field := range summarized {
		value, _ := e.Get(field)
		summary.add(string(field), value)
	}
	return summary, nil
}

// summarized are the fields of a summary, beside org_id.
var summarized = []query.Field{
	query.UserID, query.UpstreamUserID, query.SourceIP, query.RequestID, query.TraceID, query.Session, query.TokenID,
	query.EventName, query.Result, query.ApplicationName, query.UpstreamIDP,
	query.Action, query.APIName, query.TargetID, query.TargetResourceType, query.TargetResourceName, query.Hostname,
}

func (s *Summary) add(name, value string) {
	if value != "" {
		s.Fields = append(s.Fields, Field{name, value})
	}
}

func (f *envelope) summary() Summary {
	s := Summary{Kind: "login_flow", ID: f.id(), Time: f.EndedAt, Title: f.title(), Outcome: f.outcome()}
	s.add("org_id", f.Org)
	s.add("user_id", f.UserID)
	s.add("upstream_user_id", f.UpstreamUserID)
	s.add("source_ip", first(f.SourceIPs))
	s.add("request_id", f.RequestID)
	s.add("trace_id", first(f.Traces))
	s.add("session", first(f.Sessions))
	s.add("token_id", first(f.Tokens))
	s.add("flow_outcome", string(f.Outcome))
	s.add("failed_stage", f.FailedStage)
	s.add("application_name", f.ApplicationName)
	s.add("upstream_idp", f.UpstreamIDP)
	return s
}

// Severity is that of syslog (RFC 5424, table 2): a denial is a warning, what failed or
// was given up is a notice, and all else is information.
func (o Outcome) Severity() int {
	switch o {
	case Denied:
		return 4
	case Failure, Abandoned:
		return 5
	}
	return 6
}
