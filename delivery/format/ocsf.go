package format

import "github.com/authtrail/authtrail/audit"

// ocsfVersion is the released version of the schema that the events are of.
const ocsfVersion = "1.8.0"

// class is a class of the schema.
type class struct {
	uid, category      int64
	name, categoryName string
}

var (
	ocsfAuthentication = class{3002, 3, "Authentication", "Identity & Access Management"}
	ocsfAPIActivity    = class{6003, 6, "API Activity", "Application Activity"}
	ocsfBaseEvent      = class{0, 0, "Base Event", "Uncategorized"}
)

// activity is what was done, in a class.
type activity struct {
	id   int64
	name string
}

var (
	ocsfUnknown = activity{0, "Unknown"}
	ocsfLogon   = activity{1, "Logon"}
)

// logons are the steps of a login that the records document.
var logons = map[string]bool{
	"Authentication Request": true, "Identity Provider Authentication": true, "Identity Provider Callback": true,
	"Assertion Request": true, "Policy Evaluation": true, "Token": true, "MFA Challenge": true,
}

func ocsfRecord(to []byte, e *event) []byte {
	e.read()
	o := &object{append(to, '{')}
	switch {
	case e.Kind == audit.KindAuth:
		ocsfAuth(o, e)
	case e.Kind == audit.KindAPI && e.seen("action") != "" && e.seen("source_ip") != "" && e.hasActor():
		ocsfAPI(o, e)
	default:
		ocsfBase(o, e)
	}
	o.inside("unmapped", func() {
		e.left(o)
		e.besideExactly(o)
	})
	o.close()
	return o.to
}

func ocsfAuth(o *object, e *event) {
	ocsfHead(o, e, ocsfAuthentication, authActivity(e))
	ocsfStatus(o, e.outcome(), unquoted(e.seen("result")))
	o.raw("status_code", e.take("result"))
	switch unquoted(e.seen("event_name")) {
	case "MFA Challenge":
		o.flag("is_mfa", true)
	case "Authentication Request", "Token":
		o.number("auth_protocol_id", 4)
		o.text("auth_protocol", "OpenID")
	case "Assertion Request":
		o.number("auth_protocol_id", 6)
		o.text("auth_protocol", "OAUTH 2.0")
	}
	ocsfMetadata(o, e)
	ocsfActor(o, e)
	ocsfUser(o, e)
	ocsfSession(o, e)
	ocsfSource(o, e)
	ocsfService(o, e)
	ocsfRequest(o, e)
}

// authActivity calls every documented step a logon, since that is what it is a step of.
func authActivity(e *event) activity {
	switch name := unquoted(e.seen("event_name")); {
	case logons[name]:
		return ocsfLogon
	case name != "":
		return activity{99, name}
	}
	return ocsfUnknown
}

// ocsfHead writes what every class has.
func ocsfHead(o *object, e *event, c class, a activity) {
	ocsfClass(o, c, a)
	o.number("time", e.Time.UnixMilli())
	o.text("message", e.title())
}

func ocsfClass(o *object, c class, a activity) {
	o.number("class_uid", c.uid)
	o.text("class_name", c.name)
	o.number("category_uid", c.category)
	o.text("category_name", c.categoryName)
	o.number("activity_id", a.id)
	o.text("activity_name", a.name)
	o.number("type_uid", c.uid*100+a.id)
	o.text("type_name", c.name+": "+a.name)
}

var ocsfSeverities = map[Outcome]activity{
	Unknown: {1, "Informational"}, Success: {1, "Informational"}, Underway: {1, "Informational"},
	Failure: {2, "Low"}, Abandoned: {2, "Low"}, Denied: {3, "Medium"},
}

// ocsfStatus writes how it went; result is the word for it that the schema does not have.
func ocsfStatus(o *object, outcome Outcome, result string) {
	severity := ocsfSeverities[outcome]
	o.number("severity_id", severity.id)
	o.text("severity", severity.name)
	switch {
	case outcome == Success:
		o.number("status_id", 1)
		o.text("status", "Success")
	case outcome.failed():
		o.number("status_id", 2)
		o.text("status", "Failure")
	case result != "":
		o.number("status_id", 99)
		o.text("status", result)
	default:
		o.number("status_id", 0)
		o.text("status", "Unknown")
	}
}

func ocsfMetadata(o *object, e *event) {
	o.open("metadata")
	ocsfProduct(o)
	o.text("uid", e.UniqueID)
	o.raw("correlation_uid", e.take("request_id"))
	o.raw("tenant_uid", e.org())
	o.raw("event_code", e.take("event_name"))
	o.text("log_name", e.Kind.String())
	o.number("logged_time", e.CreateTime.UnixMilli())
	o.raw("original_time", e.take("time"))
	o.close()
}

func ocsfProduct(o *object) {
	o.text("version", ocsfVersion)
	o.open("product")
	o.text("name", product)
	o.text("vendor_name", product)
	o.text("version", version)
	o.close()
}

// ocsfUser writes who logs in. The class requires a user, and a user a name.
func ocsfUser(o *object, e *event) {
	o.open("user")
	id, name := e.takeEither("user_id", "sub"), e.take("upstream_user_id")
	o.raw("uid", id)
	o.raw("name", name)
	if isEmail(name) {
		o.raw("email_addr", name)
	}
	if id == "" && name == "" {
		o.text("name", "unknown")
	}
	if org := e.take("org_name"); org != "" {
		o.inside("org", func() {
			o.raw("uid", e.org())
			o.raw("name", org)
		})
	}
	o.close()
}

// ocsfActor writes by what the user is known: the identity provider. An actor needs
// more than that, and the record has it.
func ocsfActor(o *object, e *event) {
	if e.seen("upstream_idp") == "" || e.seen("client_id") == "" {
		return
	}
	o.open("actor")
	o.raw("app_uid", e.seen("client_id"))
	o.open("idp")
	o.raw("name", e.take("upstream_idp"))
	o.close()
	o.close()
}

func ocsfSession(o *object, e *event) {
	o.inside("session", func() {
		o.raw("uid", e.take("session"))
		o.raw("issuer", e.take("issuer"))
		o.raw("credential_uid", e.takeEither("token_id", "jti"))
	})
}

// ocsfSource writes where it came from: what is no address is kept as a name.
func ocsfSource(o *object, e *event) {
	source := e.take("source_ip")
	if source == "" {
		return
	}
	o.open("src_endpoint")
	if _, ok := isAddress(source); ok {
		o.raw("ip", source)
	} else {
		o.raw("name", source)
	}
	o.close()
}

// ocsfService writes what is logged in to. The class requires one of several, of which
// a record may have none.
func ocsfService(o *object, e *event) {
	name, id := e.take("application_name"), e.take("client_id")
	o.open("service")
	o.raw("name", name)
	o.raw("uid", id)
	if name == "" && id == "" {
		o.text("name", "unknown")
	}
	o.close()
}

func ocsfRequest(o *object, e *event) {
	o.inside("http_request", func() {
		o.raw("uid", e.take("trace_id"))
		o.raw("user_agent", e.take("user_agent"))
	})
}
