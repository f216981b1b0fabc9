package audit

import "strings"

// Kind says what an event is. The values are stored: never renumber them.
type Kind uint8

// The three kinds of event.
const (
	KindAuth    Kind = 1 // a step of the authentication pipeline (AuthAudits, /v1/auth_audits)
	KindAPI     Kind = 2 // an action on a resource through an API (Audit, /v1/audits)
	KindGeneric Kind = 3 // anything else that was sent, for example an access log
)

// KindFlow is the kind of rows that are login flows. They are kept apart from
// events, and no question about events finds them.
const KindFlow Kind = 4

// KindRead is the kind of events that Authtrail makes itself: each says what
// somebody has read. Stores hold them among the events, apart from them: only a
// question that names the kind finds them. Principal.KindsOf decides who may ask
// one, and nobody may send such an event.
const KindRead Kind = 5

// ReadSubsystem is the subsystem of events of KindRead, which no sender may use.
const ReadSubsystem = "authtrail_reads"

// Kinds lists every kind of event that is sent, which is what a question without kinds asks for.
var Kinds = []Kind{KindAuth, KindAPI, KindGeneric}

// String names the kind: "auth", "api", "generic", "flow" or "read".
func (k Kind) String() string {
	switch k {
	case KindAuth:
		return "auth"
	case KindAPI:
		return "api"
	case KindGeneric:
		return "generic"
	case KindFlow:
		return "flow"
	case KindRead:
		return "read"
	}
	return "unknown"
}

// kindSet is a set of kinds as a cursor binds it: order and repeats do not
// matter, and naming every kind is the same as naming none. Reads are listed among
// generic events, so that a list with them is the one without them.
type kindSet uint8

func kindSetOf(kinds []Kind) kindSet {
	var set, all kindSet
	for _, kind := range kinds {
		if kind == KindRead {
			kind = KindGeneric
		}
		set |= 1 << kind
	}
	for _, kind := range Kinds {
		all |= 1 << kind
	}
	if set == all {
		return 0
	}
	return set
}

func (s kindSet) list() []Kind {
	var kinds []Kind
	for kind := Kind(0); kind < 8; kind++ {
		if s&(1<<kind) != 0 {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// classify decides what an event is. The sender's own word (subsystem, then
// log_type) comes before the shape of the event.
func classify(m *members) Kind {
	if strings.EqualFold(strings.TrimSpace(m.text("subsystem")), ReadSubsystem) {
		return KindRead
	}
	for _, name := range []string{"subsystem", "log_type"} {
		switch strings.ToLower(m.text(name)) {
		case "auth", "authentication", "auth_audit", "auth_audits":
			return KindAuth
		case "api", "audit", "audits":
			return KindAPI
		case "access":
			return KindGeneric
		}
	}
	switch {
	case m.hasAny("event_name", "upstream_idp", "upstream_user_id", "login_org_id", "login_org_name"),
		m.hasAny("stage") && m.hasAny("event"):
		return KindAuth
	case m.hasAny("api_name", "audit_attributes"),
		m.hasAny("action") && m.hasAny("target_id", "target_resource_type", "target_resource_name", "target_resource_org_id"):
		return KindAPI
	}
	return KindGeneric
}
