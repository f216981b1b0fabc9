package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"

	"github.com/authtrail/authtrail/auth"
)

// guarded is a server that asks for tokens.
type guarded struct {
	*testing.T
	url    string
	log    *lockedBuffer
	secret string // the file
}

// guardedServer runs a server with --auth jwt until the test ends. Without more
// flags its tokens are signed with a secret.
func guardedServer(t *testing.T, flags ...string) *guarded {
	t.Helper()
	g := &guarded{T: t, secret: filepath.Join(t.TempDir(), "secret")}
	if err := os.WriteFile(g.secret, []byte("a secret of the tests, of more than 32 bytes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if flags == nil {
		flags = []string{"--jwt-hs256-secret-file", g.secret}
	}
	g.url, g.log, _ = startServer(t, t.TempDir(), "127.0.0.1:0", append([]string{"--auth", "jwt"}, flags...)...)
	return g
}

// token returns what `authtrail token` prints.
func (g *guarded) token(org, role string, flags ...string) string {
	g.Helper()
	args := []string{"token", "--hs256-secret-file", g.secret, "--subject", "somebody", "--org", org, "--role", role}
	return strings.TrimSpace(mustRun(g.T, append(args, flags...)...))
}

// do sends a request and returns the answer with its body read.
func (g *guarded) do(token, method, path, body string, header ...string) (*http.Response, string) {
	g.Helper()
	r, err := http.NewRequestWithContext(g.Context(), method, g.url+path, strings.NewReader(body))
	if err != nil {
		g.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		g.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		g.Fatal(err)
	}
	return answer, string(text)
}

// graphQL returns the answer to a query, errors included.
func (g *guarded) graphQL(token, query string) (status int, body string) {
	g.Helper()
	document, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		g.Fatal(err)
	}
	answer, body := g.do(token, http.MethodPost, "/graphql", string(document))
	return answer.StatusCode, body
}

func TestWhatNeedsATokenAndWhatDoesNot(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	if !strings.Contains(g.log.String(), "with authentication: callers need a JWT") {
		t.Errorf("at start-up it said %s", g.log)
	}
	viewer, owner := g.token("one", "viewer"), g.token("one", "owner")
	for path, want := range map[string]struct{ nobody, viewer, owner int }{
		"/healthz": {200, 200, 200}, "/readyz": {200, 200, 200}, "/": {200, 200, 200}, "/graphiql/": {200, 200, 200}, "/v1/openapi.json": {200, 200, 200},
		"/v1/auth_audits": {401, 200, 200}, "/v1/audits": {401, 200, 200}, "/v1/nonsense": {401, 404, 404}, "/v1/": {401, 404, 404},
		"/graphql?query={__typename}": {401, 200, 200}, "/metrics": {401, 403, 200},
	} {
		for token, status := range map[string]int{"": want.nobody, viewer: want.viewer, owner: want.owner} {
			if answer, body := g.do(token, http.MethodGet, path, ""); answer.StatusCode != status {
				t.Errorf("GET %s: %d, want %d: %.200s", path, answer.StatusCode, status, body)
			}
		}
	}
}

func TestARefusalHasTheShapeOfItsAPI(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	expired := g.token("one", "owner", "--ttl", "1ns")
	rest := func(token string) (*http.Response, string) {
		return g.do(token, http.MethodPost, "/v1/bulk_audit_events", `{"events":[]}`)
	}
	for token, says := range map[string]string{"": "a token is needed", "x": "no JWT", expired: "has expired"} {
		answer, body := rest(token)
		if answer.StatusCode != 401 || answer.Header.Get("WWW-Authenticate") != "Bearer" ||
			!strings.HasPrefix(body, `{"error_code":"UNAUTHENTICATED","error_message":"`) || !strings.Contains(body, says) {
			t.Errorf("REST: %d %s", answer.StatusCode, body)
		}
		answer, body = g.do(token, http.MethodPost, "/graphql", `{"query":"{viewer{subject}}"}`)
		if answer.StatusCode != 401 || answer.Header.Get("WWW-Authenticate") != "Bearer" || !strings.Contains(body, says) ||
			!strings.HasPrefix(body, `{"errors":[{"message":"`) || !strings.HasSuffix(body, `"extensions":{"code":"UNAUTHENTICATED"}}]}`) {
			t.Errorf("GraphQL: %d %s", answer.StatusCode, body)
		}
	}
	if answer, body := rest(g.token("one", "viewer")); answer.StatusCode != 403 || !strings.Contains(body, `"error_code":"FORBIDDEN"`) {
		t.Errorf("REST: %d %s", answer.StatusCode, body)
	}
	if _, body := g.graphQL(g.token("one", "viewer"), `mutation { bulkAuditEvents(input: {events: []}) { successCount } }`); !strings.Contains(body, `"code":"FORBIDDEN"`) {
		t.Errorf("GraphQL: %s", body)
	}
	large := `{"events":[` + strings.Repeat(`"`+strings.Repeat("x", 1000)+`",`, 12_000) + `0]}`
	if answer, _ := g.do("", http.MethodPost, "/v1/bulk_audit_events", large); answer.StatusCode != 401 {
		t.Errorf("after 12 MB: %d", answer.StatusCode)
	}
}

func TestATokenWithoutARoleOrAnOrgSeesNothing(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	sign := func(claims jwt.MapClaims) string {
		claims["sub"], claims["exp"] = "ann", time.Now().Add(time.Hour).Unix()
		secret, err := auth.ReadSecret(g.secret)
		if err != nil {
			t.Fatal(err)
		}
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	for says, token := range map[string]string{
		"role":                  sign(jwt.MapClaims{"org": "one"}),
		"names no organisation": sign(jwt.MapClaims{"roles": jwt.MapClaims{auth.API: "owner"}}),
	} {
		if answer, body := g.do(token, http.MethodGet, "/v1/auth_audits", ""); answer.StatusCode != 403 || !strings.Contains(body, says) {
			t.Errorf("REST: %d %s", answer.StatusCode, body)
		}
		for _, query := range []string{`{ authAudits { totalCount } }`, `{ loginFlow(requestId: "r") { id } }`} {
			if _, body := g.graphQL(token, query); !strings.Contains(body, `"code":"FORBIDDEN"`) || !strings.Contains(body, says) {
				t.Errorf("%s: %s", query, body)
			}
		}
	}
	if _, body := g.graphQL(sign(jwt.MapClaims{"org": "one"}), `{ viewer { subject orgs role } }`); body != `{"data":{"viewer":{"subject":"ann","orgs":["one"],"role":"NONE"}}}` {
		t.Errorf("the viewer is %s", body)
	}
}

func TestAServerStartsBeforeTheIssuerOfItsTokens(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := jwkset.NewJWKFromKey(key.Public(), jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{KID: "k"}})
	if err != nil {
		t.Fatal(err)
	}
	issuer := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jwkset.JWKSMarshal{Keys: []jwkset.JWKMarshal{public.Marshal()}})
	}))
	address := issuer.Listener.Addr().String()
	if err := issuer.Listener.Close(); err != nil { // nobody is there yet
		t.Fatal(err)
	}
	g := guardedServer(t, "--jwt-jwks-url", "http://"+address, "--jwt-issuer", "https://issuer.example", "--jwt-audience", "authtrail")
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{"sub": "ann", "org": "one", "iss": "https://issuer.example",
		"aud": "authtrail", "exp": time.Now().Add(time.Hour).Unix(), "roles": jwt.MapClaims{auth.API: "viewer"}})
	token.Header["kid"] = "k"
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	answer, body := g.do(signed, http.MethodGet, "/v1/auth_audits", "")
	if answer.StatusCode != 503 || answer.Header.Get("Retry-After") == "" || !strings.Contains(body, "keys") {
		t.Errorf("before: %d %s", answer.StatusCode, body)
	}
	if status, body := g.graphQL(signed, `{ viewer { subject } }`); status != 503 || !strings.Contains(body, `"code":"UNAVAILABLE"`) {
		t.Errorf("before: %d %s", status, body)
	}
	if issuer.Listener, err = net.Listen("tcp", address); err != nil {
		t.Fatal(err)
	}
	issuer.Start()
	t.Cleanup(issuer.Close)
	eventually(t, "the server has read the keys", func() bool {
		answer, _ := g.do(signed, http.MethodGet, "/v1/auth_audits", "")
		return answer.StatusCode == 200
	})
}
