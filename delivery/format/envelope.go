package format

import (
	"strconv"

	"github.com/authtrail/authtrail/audit"
)

// envelope is a login flow as one event.
type envelope struct{ *audit.Flow }

// id is the unique_id of the event: the same while the flow says the same.
func (f *envelope) id() string { return f.ID + "." + strconv.Itoa(f.Revision) }

func (f *envelope) outcome() Outcome { return flowOutcomes[f.Outcome] }

// append writes the envelope, which docs/formats.md describes.
func (f *envelope) append(to []byte) []byte {
	o := object{append(to, '{')}
	o.text("subsystem", "login_flow")
	o.text("flow_id", f.ID)
	o.number("revision", int64(f.Revision))
	o.flag("closed", f.Closed)
	o.text("org_id", f.Org)
	o.text("request_id", f.RequestID)
	o.time("time", f.StartedAt)
	o.time("started_at", f.StartedAt)
	o.time("ended_at", f.EndedAt)
	o.number("duration_ms", f.Duration().Milliseconds())
	o.text("outcome", string(f.Outcome))
	o.text("user_id", f.UserID)
	o.text("upstream_user_id", f.UpstreamUserID)
	o.text("application_name", f.ApplicationName)
	o.text("upstream_idp", f.UpstreamIDP)
	o.text("last_stage", f.LastStage)
	o.text("failed_stage", f.FailedStage)
	o.number("retries", int64(f.Retries))
	o.flag("mfa", f.MFA)
	o.flag("truncated", f.Truncated)
	o.text("shape", f.Shape)
	o.texts("sessions", f.Sessions)
	o.texts("trace_ids", f.Traces)
	o.texts("token_ids", f.Tokens)
	o.texts("source_ips", f.SourceIPs)
	o.texts("user_agents", f.UserAgents)
	f.verdict(&o)
	f.stages(&o)
	f.links(&o)
	f.conflicts(&o)
	f.records(&o)
	o.close()
	return o.to
}

// list writes a list of objects.
func list[T any](o *object, name string, of []T, write func(T)) {
	o.name(name)
	o.to = append(o.to, '[')
	for _, element := range of {
		o.comma()
		o.to = append(o.to, '{')
		write(element)
		o.close()
	}
	o.to = append(o.to, ']')
}

func (f *envelope) verdict(o *object) {
	if f.Verdict.Text == "" {
		return
	}
	o.open("verdict")
	o.text("text", f.Verdict.Text)
	list(o, "clauses", f.Verdict.Clauses, func(c audit.Clause) {
		o.text("text", c.Text)
		o.texts("records", idsOf(c.Records))
	})
	o.close()
}

func (f *envelope) stages(o *object) {
	list(o, "stages", f.Stages, func(s audit.Stage) {
		o.text("event_name", s.EventName)
		o.text("result", s.Result)
		o.time("started_at", s.StartedAt)
		o.number("gap_ms", s.Gap.Milliseconds())
		o.number("count", int64(s.Count))
		o.texts("records", idsOf(s.Records))
	})
}

func (f *envelope) links(o *object) {
	list(o, "links", f.Links, func(l audit.Link) {
		o.text("record", l.Record.UniqueID)
		o.text("via", string(l.Via))
		o.text("strength", string(l.Strength))
	})
}

func (f *envelope) conflicts(o *object) {
	list(o, "conflicts", f.Conflicts, func(c audit.FlowConflict) {
		o.text("key", c.Key)
		o.text("value", c.Value)
		o.text("reason", c.Reason)
	})
}

// records writes the bulk events as they were sent.
func (f *envelope) records(o *object) {
	o.name("records")
	o.to = append(o.to, '[')
	for _, r := range f.Records {
		o.comma()
		o.to = append(o.to, r.Raw...)
	}
	o.to = append(o.to, ']')
}

func idsOf(records []*audit.Record) []string {
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.UniqueID
	}
	return ids
}
