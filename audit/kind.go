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

// Kinds lists every kind of event.
var Kinds = []Kind{KindAuth, KindAPI, KindGeneric}

// String names the kind: "auth", "api", "generic" or "flow".
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
	}
	return "unknown"
}

// kindSet is a set of kinds as a cursor binds it: order and repeats do not
// matter, and naming every kind is the same as naming none.
type kindSet uint8

func kindSetOf(kinds []Kind) kindSet {
	var set, all kindSet
	for _, kind := range kinds {
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
