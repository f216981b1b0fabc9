package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/auth"
)

// answer says who called, or how it was refused.
func answer(a *auth.Authenticator, authorization ...string) string {
	refuse := func(w http.ResponseWriter, _ *http.Request, err *audit.Error) { fmt.Fprint(w, err.Code) }
	handler := a.Middleware(refuse)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, audit.PrincipalFrom(r.Context()).Subject)
	}))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header["Authorization"] = authorization
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Body.String()
}

func TestARequestWithoutOneValidTokenGoesNoFurther(t *testing.T) {
	t.Parallel()
	a := trusting(auth.HS256([]byte(secret)))
	good := "Bearer " + signed(t, jwt.SigningMethodHS256, []byte(secret), "", with(nil))
	for want, headers := range map[string][][]string{
		"ann":             {{good}},
		"UNAUTHENTICATED": {nil, {""}, {"Bearer x"}, {good, good}, {"Bearer x", good}, {good + ", " + good}},
	} {
		for _, given := range headers {
			if got := answer(a, given...); got != want {
				t.Errorf("%.40q: %s, want %s", given, got, want)
			}
		}
	}
}

func TestAWebSocketsCallerIsWhoConnectionInitSays(t *testing.T) {
	t.Parallel()
	a := trusting(auth.HS256([]byte(secret)))
	token := signed(t, jwt.SigningMethodHS256, []byte(secret), "", with(nil))
	byHeader := audit.WithPrincipal(t.Context(), audit.MemberOf("bob", "two", audit.RoleViewer))
	for name, test := range map[string]struct {
		ctx                 context.Context
		authorization, want string
	}{
		"a header's value":           {t.Context(), "Bearer " + token, "ann"},
		"the token alone":            {t.Context(), token, "ann"},
		"nothing":                    {t.Context(), "", ""},
		"nothing, after a handshake": {byHeader, "", "bob"},
		"another than the handshake": {byHeader, token, "ann"},
		"a bad one all the same":     {byHeader, "Bearer x", ""},
	} {
		ctx, err := a.WebSocket(test.ctx, test.authorization)
		got := ""
		if err == nil {
			got = audit.PrincipalFrom(ctx).Subject
		}
		if got != test.want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, test.want)
		}
	}
}
