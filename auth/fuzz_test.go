package auth_test

import (
	"errors"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/auth"
)

// Whatever a header holds, the answer is a caller with an org and time left, or
// an error that callers may see.
func FuzzAuthenticate(f *testing.F) {
	a := trusting(auth.HS256([]byte(secret)))
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		principal, err := a.Authenticate(t.Context(), header)
		if err != nil {
			var known *audit.Error
			if !errors.As(err, &known) || known.Code == audit.Internal || known.Message == "" {
				t.Fatalf("the error is %v", err)
			}
			return
		}
		if principal.Subject == "" || principal.Scope().Validate() != nil || principal.Scope().All() || !principal.Expires.After(now) {
			t.Fatalf("believed as %+v", principal)
		}
	})
}

// Any claims at all, signed well: what they hold may be anything.
func FuzzClaims(f *testing.F) {
	a := auth.New(auth.Options{Keys: auth.HS256([]byte(secret)), Now: clock, DefaultRole: audit.RoleViewer})
	for _, seed := range []string{
		`{"sub":"ann","org":"one","exp":1795348800,"roles":{"urn:api:agilicus:audits":["viewer","owner"]}}`,
		`{"sub":"ann","org":["one",null,2],"exp":1e300,"scopes":"urn:agilicus:api:audits:viewer"}`,
		`{"sub":{},"org":{},"exp":{},"roles":[],"scopes":{}}`, `{"exp":-1}`, `{"exp":1e10,"nbf":"x"}`, `null`, `[]`, `"x"`, `{`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, claims []byte) {
		principal, err := a.Authenticate(t.Context(), "Bearer "+signedBytes(t, claims))
		if err == nil && (principal.Subject == "" || principal.Scope().All() || principal.Scope().Allows("") || principal.Role > audit.RoleOwner) {
			t.Fatalf("%s is believed as %+v", claims, principal)
		}
	})
}

// signedBytes signs any bytes as if they were claims.
func signedBytes(t testing.TB, claims []byte) string {
	t.Helper()
	method := jwt.SigningMethodHS256
	text := encode([]byte(`{"alg":"HS256"}`)) + "." + encode(claims)
	signature, err := method.Sign(text, []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + encode(signature)
}

func encode(part []byte) string { return (&jwt.Token{}).EncodeSegment(part) }

func seeds(t testing.TB) []string {
	good := signed(t, jwt.SigningMethodHS256, []byte(secret), "", with(nil))
	return []string{
		"", "Bearer", "Bearer ", "Bearer " + good, "bearer  " + good, "Basic " + good, "Bearer " + good + ".", "Bearer ..", "Bearer a.b.c",
		"Bearer " + signed(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "", with(nil)),
		"Bearer " + signed(t, jwt.SigningMethodES256, ecKey(), "kid", with(nil)),
		"Bearer " + withHeader(good, `{"alg":1,"kid":{}}`), withClaims("Bearer "+good, `{"exp":1e999}`),
	}
}
