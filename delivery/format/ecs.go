package format

import (
	"strings"

	"github.com/authtrail/authtrail/audit"
)

// ecsVersion is the released version of the schema that the events are of.
const ecsVersion = "9.4.0"

// ecsLabels are documented strings that the schema has no field for.
var ecsLabels = [][]string{
	audit.KindAuth: {"request_id", "session", "token_id", "client_id", "issuer", "application_name", "login_org_id",
		"login_org_name", "upstream_idp", "stage", "event", "result", "subsystem", "log_type"},
	audit.KindAPI: {"session", "token_id", "api_name", "target_id", "target_resource_type", "target_resource_name",
		"target_resource_org_id", "secondary_id", "tertiary_id", "parent_id", "grandparent_id", "subsystem", "log_type"},
	audit.KindGeneric: {"request_id", "session", "token_id", "subsystem", "log_type"},
}

func ecsRecord(to []byte, e *event) []byte {
	e.read()
	o := &object{append(to, '{')}
	o.time("@timestamp", e.Time)
	e.takeTime()
	o.open("ecs")
	o.text("version", ecsVersion)
	o.close()
	o.text("message", e.title())
	ecsEvent(o, e)
	ecsParties(o, e)
	o.inside("labels", func() {
		for _, name := range ecsLabels[e.Kind] {
			o.raw(name, e.take(name))
		}
	})
	o.inside("authtrail", func() {
		o.inside("event", func() { e.left(o) })
		e.beside(o)
	})
	o.close()
	return o.to
}

func ecsEvent(o *object, e *event) {
	outcome := e.outcome()
	o.open("event")
	o.text("kind", "event")
	switch e.Kind {
	case audit.KindAuth:
		ecsKind(o, "authentication", e.ecsType())
		o.raw("action", e.take("event_name"))
	case audit.KindAPI:
		ecsKind(o, "api", ecsAPITypes[apiActivities[strings.ToLower(unquoted(e.seen("action")))].name])
		o.raw("action", e.take("action"))
	default:
		o.texts("type", []string{"info"})
	}
	o.text("outcome", ecsOutcomes[outcome])
	ecsSource(o, e.Kind.String(), e.UniqueID)
	o.time("created", e.CreateTime)
	o.close()
}

// ecsType is one of those that the schema expects of authentication: a token or a code
// for one starts a session, and every other step is information.
func (e *event) ecsType() string {
	if e.outcome() == Success && (unquoted(e.seen("event_name")) == "Token" || unquoted(e.seen("result")) == "CodeIssued") {
		return "start"
	}
	return "info"
}

// ecsAPITypes are the types of what is done through an API.
var ecsAPITypes = map[string]string{"Create": "creation", "Read": "access", "Update": "change", "Delete": "deletion"}

var ecsOutcomes = map[Outcome]string{
	Unknown: "unknown", Underway: "unknown", Abandoned: "unknown",
	Success: "success", Failure: "failure", Denied: "failure",
}

func ecsKind(o *object, category, kind string) {
	if kind == "" {
		kind = "info"
	}
	o.texts("category", []string{category})
	o.texts("type", []string{kind})
}

func ecsSource(o *object, dataset, id string) {
	o.text("module", "authtrail")
	o.text("dataset", "authtrail."+dataset)
	o.text("id", id)
}

func ecsParties(o *object, e *event) {
	o.inside("user", func() {
		name := e.take("upstream_user_id")
		o.raw("id", e.takeEither("user_id", "sub"))
		o.raw("name", name)
		if isEmail(name) {
			o.raw("email", name)
		}
	})
	o.inside("organization", func() {
		o.raw("id", e.org())
		o.raw("name", e.take("org_name"))
	})
	if source := e.take("source_ip"); source != "" {
		ecsAddress(o, source)
	}
	o.inside("user_agent", func() { o.raw("original", e.take("user_agent")) })
	o.inside("trace", func() { o.raw("id", e.take("trace_id")) })
	o.inside("host", func() { o.raw("hostname", e.take("hostname")) })
}

// ecsAddress writes a source, given as JSON text.
func ecsAddress(o *object, source string) {
	o.open("source")
	o.raw("address", source)
	if _, ok := isAddress(source); ok {
		o.raw("ip", source)
	}
	o.close()
}

func ecsFlow(to []byte, f *envelope) []byte {
	o := &object{append(to, '{')}
	o.time("@timestamp", f.EndedAt)
	o.open("ecs")
	o.text("version", ecsVersion)
	o.close()
	o.text("message", f.title())
	o.open("event")
	o.text("kind", "event")
	kind := "info"
	if f.outcome() == Success {
		kind = "start"
	}
	ecsKind(o, "authentication", kind)
	o.text("action", "login-flow")
	o.text("outcome", ecsOutcomes[f.outcome()])
	ecsSource(o, "login_flow", f.id())
	o.time("start", f.StartedAt)
	o.time("end", f.EndedAt)
	o.number("duration", f.Duration().Nanoseconds())
	o.text("reason", f.Verdict.Text)
	o.close()
	ecsFlowParties(o, f)
	o.open("authtrail")
	o.name("login_flow")
	o.to = f.append(o.to)
	o.close()
	o.close()
	return o.to
}

func ecsFlowParties(o *object, f *envelope) {
	o.inside("user", func() {
		o.text("id", f.UserID)
		o.text("name", f.UpstreamUserID)
		if isEmail(f.UpstreamUserID) {
			o.text("email", f.UpstreamUserID)
		}
	})
	o.inside("organization", func() { o.text("id", f.Org) })
	if source := first(f.SourceIPs); source != "" {
		ecsAddress(o, string(quoted(nil, source)))
	}
	o.inside("user_agent", func() { o.text("original", first(f.UserAgents)) })
	o.inside("trace", func() { o.text("id", first(f.Traces)) })
	o.open("labels")
	o.text("request_id", f.RequestID)
	o.text("session", first(f.Sessions))
	o.text("token_id", first(f.Tokens))
	o.text("application_name", f.ApplicationName)
	o.text("upstream_idp", f.UpstreamIDP)
	o.text("result", string(f.Outcome))
	o.close()
}
