package main

import (
	"net/http"
	"strings"
	"testing"
)

func TestEveryAnswerTellsBrowsersWhatTheyMustNotDo(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	owner := g.token("one", "owner")
	for _, test := range []struct{ method, path, token, cache string }{
		{"GET", "/graphiql/", "", "no-cache"}, {"GET", "/graphiql/nothing", "", "no-store"}, {"GET", "/nothing", "", "no-store"},
		{"GET", "/healthz", "", "no-store"}, {"GET", "/v1/openapi.json", "", "no-store"}, {"GET", "/v1/auth_audits", owner, "no-store"},
		{"GET", "/v1/auth_audits", "", "no-store"}, {"GET", "/graphql?query={__typename}", owner, "no-store"}, {"POST", "/graphql", "", "no-store"},
		{"GET", "/metrics", owner, "no-store"}, {"DELETE", "/healthz", "", "no-store"},
	} {
		answer, _ := g.do(test.token, test.method, test.path, "")
		header := answer.Header
		policy := header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") ||
			strings.Contains(policy, "unsafe-eval") || strings.Contains(policy, "script-src 'self' ") {
			t.Errorf("%s %s: Content-Security-Policy %q", test.method, test.path, policy)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": test.cache,
			"Access-Control-Allow-Origin": ""} {
			if got := header.Get(name); got != want {
				t.Errorf("%s %s: %s is %q, want %q", test.method, test.path, name, got, want)
			}
		}
	}
}

func TestOnlyPagesOfTheOriginsThatAreNamedMayReadAnswers(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	named := guardedServer(t, "--jwt-hs256-secret-file", g.secret, "--cors-origin", "https://app.example,http://localhost:3000")
	token := g.token("one", "viewer")
	for _, test := range []struct {
		server       *guarded
		origin, want string
	}{
		{g, "https://app.example", ""},
		{named, "https://app.example", "https://app.example"},
		{named, "http://localhost:3000", "http://localhost:3000"},
		{named, "https://evil.example", ""},
		{named, "null", ""},
	} {
		preflight, _ := test.server.do("", http.MethodOptions, "/graphql", "", "Origin", test.origin,
			"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type")
		asked, _ := test.server.do(token, http.MethodGet, "/v1/auth_audits", "", "Origin", test.origin)
		for what, answer := range map[string]*http.Response{"the preflight": preflight, "the answer": asked} {
			if got := answer.Header.Get("Access-Control-Allow-Origin"); got != test.want {
				t.Errorf("%s to %s allows %q, want %q", what, test.origin, got, test.want)
			}
			if answer.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s to %s allows credentials", what, test.origin)
			}
		}
	}
}

func TestOriginsNeedAuthenticationAndTheirWholeName(t *testing.T) {
	t.Parallel()
	for origin, auth := range map[string]string{
		"https://app.example": "none", "*": "jwt", "app.example": "jwt", "https://app.example/": "jwt", "https://*.example/x": "jwt", "null": "jwt",
		"https://*": "jwt", "https://*.example": "jwt", "https://App.example": "jwt", "https://": "jwt",
	} {
		got := authtrail(t, "serve", "--auth", auth, "--jwt-hs256-secret-file", "secret", "--cors-origin", origin)
		if got.code != exitUsage || !strings.Contains(got.err, "--") {
			t.Errorf("--cors-origin %s: code %d, %s", origin, got.code, got.err)
		}
	}
	config := defaultConfig()
	config.Access.CORSOrigins = []string{"https://app.example"}
	if err := config.Validate(); err == nil || !strings.Contains(err.Error(), "--cors-origin: needs --auth jwt") {
		t.Errorf("got %v", err)
	}
}

func TestThePlaygroundAndIntrospectionCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	url, _, _ := startServer(t, t.TempDir(), "127.0.0.1:0", "--no-graphiql", "--no-introspection")
	for _, path := range []string{"/graphiql", "/graphiql/", "/graphiql/index.html"} {
		if status, _ := get(t, url+path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, body := get(t, url+"/"); status != http.StatusOK || !strings.Contains(body, "/graphql") {
		t.Errorf("/: %d %s", status, body)
	}
	for _, query := range []string{"{__schema{types{name}}}", "{__type(name:\"Query\"){name}}"} {
		if body := answer(t, url, `{"query":"`+strings.ReplaceAll(query, `"`, `\"`)+`"}`); strings.Contains(body, `"name"`) || !strings.Contains(body, "errors") {
			t.Errorf("%s: %s", query, body)
		}
	}
	if body := answer(t, url, `{"query":"{__typename}"}`); !strings.Contains(body, `"Query"`) {
		t.Errorf("what is no introspection: %s", body)
	}
}
