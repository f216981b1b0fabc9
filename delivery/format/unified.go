package format

import "github.com/authtrail/authtrail/audit"

// unifiedRecord writes the form that all kinds of event share: what they have in common
// under names that are the same for all, and the event itself, whole.
func unifiedRecord(to []byte, e *event) []byte {
	e.read()
	o := object{append(to, '{')}
	o.text("unique_id", e.UniqueID)
	o.text("type", e.Kind.String())
	o.time("time", e.Time)
	o.time("create_time", e.CreateTime)
	o.raw("org_id", e.org())
	o.raw("user_id", e.takeEither("user_id", "sub"))
	o.raw("upstream_user_id", e.seen("upstream_user_id"))
	o.raw("source_ip", e.seen("source_ip"))
	o.raw("user_agent", e.seen("user_agent"))
	o.raw("request_id", e.seen("request_id"))
	o.raw("trace_id", e.seen("trace_id"))
	o.raw("session", e.seen("session"))
	o.raw("token_id", e.takeEither("token_id", "jti"))
	action, target := unifiedNames(e)
	o.raw("action", action)
	o.raw("target", target)
	o.text("outcome", unifiedOutcomes[e.outcome()])
	o.raw("event", string(e.Event()))
	e.beside(&o)
	o.close()
	return o.to
}

// unifiedNames returns what was done, and to what.
func unifiedNames(e *event) (action, target string) {
	switch e.Kind {
	case audit.KindAuth:
		if action = e.seen("event_name"); action == "" {
			action = e.seen("stage")
		}
		return action, e.seen("application_name")
	case audit.KindAPI:
		if target = e.seen("target_resource_name"); target == "" {
			target = e.seen("target_id")
		}
		return e.seen("action"), target
	}
	return "", ""
}

var unifiedOutcomes = map[Outcome]string{
	Success: "success", Underway: "in_progress", Failure: "failure", Denied: "denied", Abandoned: "abandoned",
}

func unifiedFlow(to []byte, f *envelope) []byte {
	o := object{append(to, '{')}
	o.text("unique_id", f.id())
	o.text("type", "login_flow")
	o.time("time", f.StartedAt)
	o.time("create_time", f.EndedAt)
	o.text("org_id", f.Org)
	o.text("user_id", f.UserID)
	o.text("upstream_user_id", f.UpstreamUserID)
	o.text("source_ip", first(f.SourceIPs))
	o.text("user_agent", first(f.UserAgents))
	o.text("request_id", f.RequestID)
	o.text("trace_id", first(f.Traces))
	o.text("session", first(f.Sessions))
	o.text("token_id", first(f.Tokens))
	o.text("action", "Login flow")
	o.text("target", f.ApplicationName)
	o.text("outcome", unifiedOutcomes[f.outcome()])
	o.name("event")
	o.to = f.append(o.to)
	o.close()
	return o.to
}

// first returns the first of some values, empty where there is none.
func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
