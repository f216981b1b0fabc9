package auth_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/auth"
)

func TestAGoodTokenSaysWhoCalls(t *testing.T) {
	t.Parallel()
	a := trusting(auth.HS256([]byte(secret)))
	token := signed(t, jwt.SigningMethodHS256, []byte(secret), "", with(nil))
	for _, header := range []string{"Bearer " + token, "bearer " + token, "Bearer  " + token + " "} {
		got, err := a.Authenticate(t.Context(), header)
		if err != nil {
			t.Fatal(err)
		}
		if got.Subject != "ann" || got.Org != "one" || got.Role != audit.RoleViewer || !got.Expires.Equal(now.Add(time.Hour)) {
			t.Errorf("got %+v", got)
		}
		if scope := got.Scope(); scope.All() || !scope.Allows("one") || scope.Allows("two") || scope.Allows("") {
			t.Errorf("the scope is %+v", scope)
		}
	}
}

func TestTokensThatAreNotBelieved(t *testing.T) {
	t.Parallel()
	a := trusting(auth.HS256([]byte(secret)))
	hs256 := func(changes jwt.MapClaims) string {
		return "Bearer " + signed(t, jwt.SigningMethodHS256, []byte(secret), "", with(changes))
	}
	good := hs256(nil)
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	for name, test := range map[string]struct{ header, says string }{
		"no header":                {"", "a token is needed"},
		"another scheme":           {"Basic YW5uOnNlY3JldA==", "want Bearer"},
		"no token":                 {"Bearer ", "want Bearer"},
		"garbage":                  {"Bearer garbage", "no JWT"},
		"three parts of garbage":   {"Bearer a.b.c", "no JWT"},
		"a part too many":          {good + ".x", "no JWT"},
		"padding":                  {good + "=", "no JWT"},
		"too long":                 {"Bearer " + strings.Repeat("a", 20_000), "longer than 16384 bytes"},
		"expired":                  {hs256(jwt.MapClaims{"exp": at(-time.Second)}), "has expired"},
		"expired this moment":      {hs256(jwt.MapClaims{"exp": at(0)}), "has expired"},
		"no expiry":                {hs256(jwt.MapClaims{"exp": nil}), "(exp)"},
		"expiry 0":                 {hs256(jwt.MapClaims{"exp": 0}), "cannot be verified"},
		"an expiry in words":       {hs256(jwt.MapClaims{"exp": "tomorrow"}), "cannot be verified"},
		"not before in a minute":   {hs256(jwt.MapClaims{"nbf": at(time.Minute)}), "not valid yet"},
		"issued in a minute":       {hs256(jwt.MapClaims{"iat": at(time.Minute)}), "comes from the future"},
		"another issuer":           {hs256(jwt.MapClaims{"iss": "https://issuer.example/"}), "issuer"},
		"no issuer":                {hs256(jwt.MapClaims{"iss": nil}), "(iss)"},
		"another audience":         {hs256(jwt.MapClaims{"aud": []string{"a", "b"}}), "somebody else"},
		"no audience":              {hs256(jwt.MapClaims{"aud": nil}), "(aud)"},
		"no subject":               {hs256(jwt.MapClaims{"sub": nil}), "(sub)"},
		"a subject that is a list": {hs256(jwt.MapClaims{"sub": []string{"ann"}}), "(sub)"},
		"another secret":           {"Bearer " + signed(t, jwt.SigningMethodHS256, []byte("another"), "", with(nil)), "signature"},
		"another algorithm":        {"Bearer " + signed(t, jwt.SigningMethodHS512, []byte(secret), "", with(nil)), "algorithm"},
		"algorithm none":           {"Bearer " + signed(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "", with(nil)), "algorithm"},
		"an unknown algorithm":     {"Bearer " + withHeader(good, `{"alg":"XX"}`), "cannot be verified"},
		"a signature taken away":   {good[:strings.LastIndex(good, ".")+1], "signature"},
		"claims changed":           {withClaims(good, `{"sub":"eve","org":"two","exp":9999999999}`), "signature"},
		"demands of extensions":    {"Bearer " + critical(t), "crit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if says := refused(t, a, test.header, audit.Unauthenticated); !strings.Contains(says, test.says) {
				t.Errorf("says %q, want %q", says, test.says)
			}
		})
	}
}

// withHeader returns a token with another header, and withClaims one with other claims.
func withHeader(bearer, header string) string {
	parts := strings.Split(strings.TrimPrefix(bearer, "Bearer "), ".")
	parts[0] = base64.RawURLEncoding.EncodeToString([]byte(header))
	return strings.Join(parts, ".")
}

func withClaims(bearer, claims string) string {
	parts := strings.Split(bearer, ".")
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(claims))
	return strings.Join(parts, ".")
}

func critical(t *testing.T) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, with(nil))
	token.Header["crit"] = []string{"b64"}
	text, err := token.SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAnIssuersClockMayBeAheadByHalfAMinute(t *testing.T) {
	t.Parallel()
	a := trusting(auth.HS256([]byte(secret)))
	ahead := with(jwt.MapClaims{"nbf": now.Add(25 * time.Second).Unix(), "iat": now.Add(25 * time.Second).Unix()})
	if _, err := a.Authenticate(t.Context(), "Bearer "+signed(t, jwt.SigningMethodHS256, []byte(secret), "", ahead)); err != nil {
		t.Error(err)
	}
}

func TestASecretAsksForIssuerAndAudienceOnlyWhereTheyAreSet(t *testing.T) {
	t.Parallel()
	a := auth.New(auth.Options{Keys: auth.HS256([]byte(secret)), Now: clock})
	token := signed(t, jwt.SigningMethodHS256, []byte(secret), "", with(jwt.MapClaims{"iss": nil, "aud": "others"}))
	if _, err := a.Authenticate(t.Context(), "Bearer "+token); err != nil {
		t.Error(err)
	}
}

func TestAPublicKeyCannotBeUsedAsASecret(t *testing.T) {
	t.Parallel()
	file := pemOf(t, rsaKey().Public())
	keys, err := auth.ReadPublicKey(file)
	if err != nil {
		t.Fatal(err)
	}
	asText, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	der, _ := pem.Decode(asText)
	for _, bytes := range [][]byte{asText, der.Bytes, x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey)} {
		token := signed(t, jwt.SigningMethodHS256, bytes, "", with(nil))
		if says := refused(t, trusting(keys), "Bearer "+token, audit.Unauthenticated); !strings.Contains(says, "algorithm") {
			t.Errorf("says %q", says)
		}
	}
}
