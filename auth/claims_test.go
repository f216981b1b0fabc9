package auth_test

import (
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/auth"
)

const scope = "urn:agilicus:api:audits:"

func TestTheRoleOfAToken(t *testing.T) {
	t.Parallel()
	ours := func(role any) jwt.MapClaims { return jwt.MapClaims{auth.API: role} }
	for name, test := range map[string]struct {
		roles, scopes any
		fallback      string
		want          audit.Role
	}{
		"one role":                       {ours("editor"), nil, "none", audit.RoleEditor},
		"the highest of a list":          {ours([]string{"viewer", "owner", "editor"}), nil, "none", audit.RoleOwner},
		"no roles":                       {nil, nil, "none", audit.RoleNone},
		"no roles, with a default":       {nil, nil, "viewer", audit.RoleViewer},
		"another API's role":             {jwt.MapClaims{"urn:api:agilicus:users": "owner"}, nil, "none", audit.RoleNone},
		"another API's, with a default":  {jwt.MapClaims{"urn:api:agilicus:users": "owner"}, nil, "viewer", audit.RoleViewer},
		"an empty list, with a default":  {ours([]string{}), nil, "viewer", audit.RoleViewer},
		"an unknown role and a default":  {ours("janitor"), nil, "viewer", audit.RoleNone},
		"no role by name, and a default": {ours("none"), nil, "owner", audit.RoleNone},
		"a lower role than the default":  {ours("viewer"), nil, "owner", audit.RoleViewer},
		"roles for no API in particular": {[]string{"owner"}, nil, "none", audit.RoleNone},
		"capitals":                       {ours("Owner"), nil, "none", audit.RoleNone},
		"a scope caps":                   {ours("owner"), []string{scope + "viewer"}, "none", audit.RoleViewer},
		"the highest scope caps":         {ours("owner"), []string{scope + "viewer", scope + "editor"}, "none", audit.RoleEditor},
		"scopes in one text":             {ours("owner"), "openid " + scope + "viewer email", "none", audit.RoleViewer},
		"a scope gives nothing":          {ours("viewer"), []string{scope + "owner"}, "none", audit.RoleViewer},
		"a scope caps the default":       {nil, []string{scope + "viewer"}, "owner", audit.RoleViewer},
		"other scopes do nothing":        {ours("owner"), []string{"openid", "urn:agilicus:api:users:viewer", scope + "sing"}, "none", audit.RoleOwner},
		"a claim that is something else": {42, map[string]any{"a": 1}, "none", audit.RoleNone},
		"a role that is something else":  {ours(42), nil, "viewer", audit.RoleViewer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fallback, _ := auth.RoleNamed(test.fallback)
			a := auth.New(auth.Options{Keys: auth.HS256([]byte(secret)), DefaultRole: fallback, Now: clock})
			claims := with(jwt.MapClaims{"roles": test.roles, "scopes": test.scopes})
			got, err := a.Authenticate(t.Context(), "Bearer "+signed(t, jwt.SigningMethodHS256, []byte(secret), "", claims))
			if err != nil || got.Role != test.want {
				t.Errorf("got %d, %v; want %d", got.Role, err, test.want)
			}
		})
	}
}

func TestTheOrgsOfAToken(t *testing.T) {
	t.Parallel()
	a := trusting(auth.HS256([]byte(secret)))
	got, err := a.Authenticate(t.Context(), "Bearer "+signed(t, jwt.SigningMethodHS256, []byte(secret), "", with(jwt.MapClaims{"org": []string{"two", "one"}})))
	if err != nil {
		t.Fatal(err)
	}
	if scope := got.Scope(); got.Org != "two" || !scope.Allows("one") || !scope.Allows("two") || scope.Allows("three") {
		t.Errorf("got %+v", got)
	}
	for name, org := range map[string]any{"none": nil, "an empty one": "", "an empty list": []string{}, "empty ones": []string{"", ""}, "a number": 1} {
		header := "Bearer " + signed(t, jwt.SigningMethodHS256, []byte(secret), "", with(jwt.MapClaims{"org": org}))
		if says := refused(t, a, header, audit.Forbidden); !strings.Contains(says, "names no organisation") {
			t.Errorf("%s: %s", name, says)
		}
	}
}

func TestClaimsMayHaveOtherNames(t *testing.T) {
	t.Parallel()
	a := auth.New(auth.Options{Keys: auth.HS256([]byte(secret)), Now: clock,
		Claims: auth.ClaimNames{Org: "tenant", Roles: "https://example.com/roles", Scopes: "scope"}})
	claims := with(jwt.MapClaims{"tenant": "two", "https://example.com/roles": jwt.MapClaims{auth.API: "owner"}, "scope": "a " + scope + "editor"})
	got, err := a.Authenticate(t.Context(), "Bearer "+signed(t, jwt.SigningMethodHS256, []byte(secret), "", claims))
	if err != nil || got.Org != "two" || got.Role != audit.RoleEditor {
		t.Errorf("got %+v, %v", got, err)
	}
}
