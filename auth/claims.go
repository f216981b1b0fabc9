package auth

import (
	"cmp"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/authtrail/authtrail/audit"
)

const (
	// API is the name of this API inside the roles claim.
	API = "urn:api:agilicus:audits"
	// scopePrefix begins the scopes that cap the role.
	scopePrefix = "urn:agilicus:api:audits:"
)

// ClaimNames say which claims hold what. Empty ones mean the defaults.
type ClaimNames struct {
	Org    string // default "org": an org, or a list whose first is that of events that name none
	Roles  string // default "roles": {API: role}, or {API: [role, …]}
	Scopes string // default "scopes": a list, or text with spaces between them
}

func (n ClaimNames) withDefaults() ClaimNames {
	return ClaimNames{Org: cmp.Or(n.Org, "org"), Roles: cmp.Or(n.Roles, "roles"), Scopes: cmp.Or(n.Scopes, "scopes")}
}

var roles = map[string]audit.Role{"none": audit.RoleNone, "viewer": audit.RoleViewer, "editor": audit.RoleEditor, "owner": audit.RoleOwner}

// RoleNamed returns the role with a name: none, viewer, editor or owner.
func RoleNamed(name string) (role audit.Role, known bool) {
	role, known = roles[name]
	return role, known
}

// role returns the highest role that the token names for this API, or the
// fallback if it names none; scopes may cap it. An unknown name is a role that
// allows nothing: whoever gave it did not mean the fallback.
func (n ClaimNames) role(claims jwt.MapClaims, fallback audit.Role) audit.Role {
	byAPI, _ := claims[n.Roles].(map[string]any)
	role := fallback
	if named := textsIn(byAPI[API]); len(named) > 0 {
		role = audit.RoleNone
		for _, name := range named {
			role = max(role, roles[name])
		}
	}
	if limit := n.limit(claims); limit != nil {
		role = min(role, *limit)
	}
	return role
}

// limit returns the highest role that scopes for this API allow, nil if there is
// no such scope.
func (n ClaimNames) limit(claims jwt.MapClaims) *audit.Role {
	var limit *audit.Role
	for _, scope := range strings.Fields(strings.Join(textsIn(claims[n.Scopes]), " ")) {
		name, ours := strings.CutPrefix(scope, scopePrefix)
		role, known := roles[name]
		if ours && known && (limit == nil || role > *limit) {
			limit = &role
		}
	}
	return limit
}

// textsIn returns the texts of a claim that is one, or a list of them. What is
// empty or no text is left out.
func textsIn(claim any) []string {
	list, ok := claim.([]any)
	if !ok {
		list = []any{claim}
	}
	var texts []string
	for _, value := range list {
		if text, ok := value.(string); ok && text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}
