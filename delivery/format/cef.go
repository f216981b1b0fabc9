package format

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// line writes a line of CEF.
type line struct{ to []byte }

// header writes a part of the header. Newlines have no escape there.
func (l *line) header(text string) {
	for i := range len(text) {
		switch c := text[i]; c {
		case '\\', '|':
			l.to = append(l.to, '\\', c)
		case '\n', '\r':
			l.to = append(l.to, ' ')
		default:
			l.to = append(l.to, c)
		}
	}
	l.to = append(l.to, '|')
}

// text writes an extension, if it has a value.
func (l *line) text(key, value string) {
	if value == "" {
		return
	}
	if l.to[len(l.to)-1] != '|' {
		l.to = append(l.to, ' ')
	}
	l.to = append(append(l.to, key...), '=')
	for i := range len(value) {
		switch c := value[i]; c {
		case '\\', '=':
			l.to = append(l.to, '\\', c)
		case '\n':
			l.to = append(l.to, `\n`...)
		case '\r':
			l.to = append(l.to, `\r`...)
		default:
			l.to = append(l.to, c)
		}
	}
}

// custom writes one of the six strings that the standard has for what it has no key for.
func (l *line) custom(n int, label, value string) {
	if value != "" {
		key := "cs" + strconv.Itoa(n)
		l.text(key, value)
		l.text(key+"Label", label)
	}
}

func (l *line) time(key string, at time.Time) {
	l.text(key, strconv.FormatInt(at.UnixMilli(), 10))
}

// address writes a source under the key for what it is.
func (l *line) address(source string) {
	switch address, ok := isAddress(source); {
	case source == "":
	case !ok:
		l.text("shost", source)
	case address.Is4():
		l.text("src", source)
	default:
		l.text("c6a2", source)
		l.text("c6a2Label", "Source IPv6 Address")
	}
}

var cefSeverities = map[Outcome]string{
	Unknown: "3", Success: "3", Underway: "3", Failure: "5", Abandoned: "5", Denied: "7",
}

// start writes the header.
func (l *line) start(id, name string, outcome Outcome) {
	l.to = append(l.to, "CEF:0|"...)
	for _, text := range []string{product, product, version, id, name, cefSeverities[outcome]} {
		l.header(text)
	}
}

// The most bytes that the standard's keys hold; what is longer goes along as it was sent.
const (
	cefShort = 1023
	cefLong  = 4000
)

// upTo returns a value of a flow that is no longer than a key can hold; the envelope has it
// anyway.
func upTo(most int, value string) string {
	if len(value) > most {
		return ""
	}
	return value
}

// brief takes a member if it is no longer than a key can hold.
func (e *event) brief(name string, most int) string {
	if value := unquoted(e.seen(name)); value != "" && len(value) <= most {
		e.take(name)
		return value
	}
	return ""
}

// generic takes an id under the name that generic events have for it.
func (e *event) generic(name string) string {
	if e.Kind != audit.KindGeneric {
		return ""
	}
	return e.brief(name, cefShort)
}

// cefOutcomes are the words for what went well or did not.
var cefOutcomes = map[Outcome]string{Success: "success", Failure: "failure", Denied: "failure"}

func cefRecord(to []byte, e *event) []byte {
	e.read()
	l := &line{to}
	l.start(cefClass(e), e.title(), e.outcome())
	l.time("rt", e.Time)
	l.text("externalId", e.UniqueID)
	l.text("cat", cefCategories[e.Kind])
	l.text("outcome", cefOutcomes[e.outcome()])
	l.text("reason", e.brief("result", cefShort))
	if e.Kind == audit.KindAPI {
		l.text("act", e.brief("action", 63))
	} else {
		l.text("act", e.brief("event_name", 63))
	}
	l.text("suid", cmp.Or(e.brief("user_id", cefShort), e.generic("sub")))
	l.text("suser", e.brief("upstream_user_id", cefShort))
	l.address(e.brief("source_ip", cefShort))
	l.text("requestClientApplication", e.brief("user_agent", cefShort))
	l.text("destinationServiceName", e.brief("application_name", cefShort))
	l.text("dvchost", e.brief("hostname", 100))
	l.custom(1, "requestId", e.brief("request_id", cefLong))
	l.custom(2, "session", e.brief("session", cefLong))
	l.custom(3, "traceId", e.brief("trace_id", cefLong))
	l.custom(4, "tokenId", cmp.Or(e.brief("token_id", cefLong), e.generic("jti")))
	l.custom(5, "orgId", unquoted(e.org()))
	l.custom(6, "upstreamIdp", e.brief("upstream_idp", cefLong))
	l.text("deviceCustomDate1", strconv.FormatInt(e.CreateTime.UnixMilli(), 10))
	l.text("deviceCustomDate1Label", "createTime")
	l.text("AuthtrailAuditEvent", e.rest())
	return l.to
}

// rest returns what nobody took as a JSON object, empty where nothing is left.
func (e *event) rest() string {
	o := &object{make([]byte, 0, 256)}
	o.to = append(o.to, '{')
	e.left(o)
	e.besideExactly(o)
	if o.close(); len(o.to) == len("{}") {
		return ""
	}
	return string(o.to)
}

var cefCategories = map[audit.Kind]string{audit.KindAuth: "authentication", audit.KindAPI: "api", audit.KindGeneric: "event"}

// cefClass says what sort of event it is, for rules that go by it.
func cefClass(e *event) string {
	name := ""
	switch e.Kind {
	case audit.KindAuth:
		name = unquoted(e.seen("event_name"))
	case audit.KindAPI:
		name = unquoted(e.seen("action"))
	}
	return strings.TrimSuffix(e.Kind.String()+":"+name, ":")
}

func cefFlow(to []byte, f *envelope) []byte {
	l := &line{to}
	l.start("login_flow", "Login flow: "+string(f.Outcome), f.outcome())
	l.time("rt", f.EndedAt)
	l.time("start", f.StartedAt)
	l.time("end", f.EndedAt)
	l.text("externalId", f.id())
	l.text("cat", "authentication")
	l.text("act", "login flow")
	l.text("outcome", cefOutcomes[f.outcome()])
	l.text("reason", string(f.Outcome))
	l.text("cnt", strconv.Itoa(len(f.Records)))
	l.text("suid", upTo(cefShort, f.UserID))
	l.text("suser", upTo(cefShort, f.UpstreamUserID))
	l.address(upTo(cefShort, first(f.SourceIPs)))
	l.text("requestClientApplication", upTo(cefShort, first(f.UserAgents)))
	l.text("destinationServiceName", upTo(cefShort, f.ApplicationName))
	l.custom(1, "requestId", upTo(cefLong, f.RequestID))
	l.custom(2, "session", upTo(cefLong, first(f.Sessions)))
	l.custom(3, "traceId", upTo(cefLong, first(f.Traces)))
	l.custom(4, "tokenId", upTo(cefLong, first(f.Tokens)))
	l.custom(5, "orgId", upTo(cefLong, f.Org))
	l.custom(6, "upstreamIdp", upTo(cefLong, f.UpstreamIDP))
	l.text("msg", upTo(cefShort, f.Verdict.Text))
	l.text("AuthtrailLoginFlow", string(oneLine(f.append(nil), 0)))
	return l.to
}
