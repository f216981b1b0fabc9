package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheCommandsSendTheirToken(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	event := `{"unique_id":"a-1","create_time":"2026-11-01T00:00:00Z","event":{"event_name":"Token","result":"Denied","request_id":"r-1"}}`
	file := filepath.Join(t.TempDir(), "events.ndjson")
	if err := os.WriteFile(file, []byte(event+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	viewer := g.token("one", "viewer")
	mustRun(t, "import", "--server", g.url, "--token", g.token("one", "editor"), file)
	mustRun(t, "search", "--server", g.url, "--token", viewer, "denied")
	mustRun(t, "flow", "--server", g.url, "--token", viewer, "r-1")
	var out, errs bytes.Buffer
	env := func(name string) (string, bool) { return viewer, name == "AUTHTRAIL_TOKEN" }
	if code := run(t.Context(), []string{"search", "--server", g.url, "denied"}, env, streams{nil, &out, &errs}); code != exitOK {
		t.Errorf("with AUTHTRAIL_TOKEN: %d %s", code, errs.String())
	}
	for says, args := range map[string][]string{
		"UNAUTHENTICATED": {"search", "--server", g.url}, "no JWT": {"tail", "--server", g.url, "--token", "x"},
		"role editor": {"import", "--server", g.url, "--token", viewer, file}, "a token is needed": {"import", "--server", g.url, file},
	} {
		if got := authtrail(t, args...); got.code != exitFailed || !strings.Contains(got.err, says) {
			t.Errorf("authtrail %v: %d %s", args, got.code, got.err)
		}
	}
}

func TestTailSaysThatItsTokenHasExpiredAndEnds(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	got := authtrail(t, "tail", "--server", g.url, "--token", g.token("one", "viewer", "--ttl", "2s"))
	if got.code != exitFailed || !strings.Contains(got.err, "the token has expired") || strings.Contains(got.err, "trying again") {
		t.Errorf("ended with %d: %s", got.code, got.err)
	}
}

func TestWhatTokensAreVerifiedWithMustBeClear(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "none")
	for _, test := range []struct {
		flags []string
		code  int
		says  string
	}{
		{[]string{"--auth", "jwt"}, exitUsage, "one of --jwt-hs256-secret-file"},
		{[]string{"--auth", "jwt", "--jwt-hs256-secret-file", missing, "--jwt-jwks-url", "https://x"}, exitUsage, "one of"},
		{[]string{"--auth", "jwt", "--jwt-public-key-file", missing}, exitUsage, "--jwt-issuer and --jwt-audience"},
		{[]string{"--auth", "jwt", "--jwt-jwks-url", "https://x", "--jwt-issuer", "i"}, exitUsage, "--jwt-audience"},
		{[]string{"--auth", "jwt", "--jwt-jwks-url", "issuer", "--jwt-issuer", "i", "--jwt-audience", "a"}, exitUsage, "--jwt-jwks-url \"issuer\""},
		{[]string{"--jwt-hs256-secret-file", missing}, exitUsage, "needs --auth jwt"},
		{[]string{"--auth", "jwt", "--jwt-default-role", "king"}, exitUsage, "jwt-default-role"},
		{[]string{"--auth", "jwt", "--jwt-hs256-secret-file", missing}, exitFailed, "--jwt-hs256-secret-file: read the secret"},
		{[]string{"--auth", "jwt", "--jwt-public-key-file", missing, "--jwt-issuer", "i", "--jwt-audience", "a"}, exitFailed, "--jwt-public-key-file: read the public key"},
	} {
		got := authtrail(t, append([]string{"serve", "--data", t.TempDir(), "--listen", "0.0.0.0:0"}, test.flags...)...)
		if len(test.flags) == 2 && test.flags[0] == "--jwt-hs256-secret-file" {
			got = authtrail(t, append([]string{"serve", "--data", t.TempDir()}, test.flags...)...)
		}
		if got.code != test.code || !strings.Contains(got.err, test.says) {
			t.Errorf("serve %v: %d %s", test.flags, got.code, got.err)
		}
	}
}
