package audit

import (
	"context"
	"slices"
	"time"
)

// Principal is who asks.
type Principal struct {
	Subject string
	Org     string // the org of events that name none
	Role    Role
	Expires time.Time // when to prove again who it is, which ends its subscriptions; zero is never
	scope   Scope
}

// Role is what a principal may do; each role may do what the one before it may.
type Role uint8

// The roles.
const (
	RoleNone   Role = iota // nothing
	RoleViewer             // read
	RoleEditor             // ingest
	RoleOwner              // manage destinations, see who has read
)

// Everyone is the principal of a server without authentication: it owns every
// org, the empty one included.
func Everyone() Principal {
	return Principal{Subject: "anonymous", Role: RoleOwner, scope: AllOrgs()}
}

// MemberOf is a principal of one org.
func MemberOf(subject, org string, role Role) Principal {
	return Principal{Subject: subject, Org: org, Role: role, scope: Orgs(org)}
}

// MemberOfAll is a principal of some orgs, at least one. The first is the org of
// events that name none.
func MemberOfAll(subject string, orgs []string, role Role) Principal {
	return Principal{Subject: subject, Org: orgs[0], Role: role, scope: Orgs(orgs...)}
}

// Scope returns whose records the principal may see.
func (p Principal) Scope() Scope { return p.scope }

// KindsOf returns which kinds of row a principal is shown who asks for some kinds:
// owners see who has read among the generic events. It is the one place that
// decides it; whatever does not ask here shows no reads.
func (p Principal) KindsOf(kinds ...Kind) []Kind {
	if p.Role >= RoleOwner && slices.Contains(kinds, KindGeneric) {
		return append(slices.Clip(kinds), KindRead)
	}
	return kinds
}

type principalKey struct{}

// WithPrincipal returns a context that carries who asks.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalFrom returns who asks. Without one it is the zero Principal, whose
// scope every store refuses.
func PrincipalFrom(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}
