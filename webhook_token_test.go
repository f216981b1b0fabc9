package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/authtrail/authtrail/audit/secret"
)

// A receiver knows the server by its tokens and what it publishes, whatever secret key
// the server has by then.
func TestReceiversVerifyTheTokensOfTheServerThatSendsToThem(t *testing.T) {
	t.Parallel()
	const issuer = "https://audit.example"
	type asked struct{ token, origin string }
	requests := make(chan asked, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		requests <- asked{strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), "http://" + r.Host}
	}))
	defer receiver.Close()
	data, keyFile := t.TempDir(), filepath.Join(t.TempDir(), "keys")
	write := func(keys ...string) {
		t.Helper()
		if err := os.WriteFile(keyFile, []byte(strings.Join(keys, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old, newest := secret.Generate(), secret.Generate()
	kids := map[string]bool{}
	for round, keys := range [][]string{{old}, {newest, old}, {newest}} {
		write(keys...)
		url, log, stop := startServer(t, data, "127.0.0.1:0", "--secret-key-file", keyFile, "--public-url", issuer, "--delivery-allow", "127.0.0.1")
		if round == 0 {
			destinationID(t, fetch(t, http.MethodPost, url+destinations, webhookWithToken(receiver.URL+"/in")), http.StatusCreated)
		}
		if got := fetch(t, http.MethodPost, url+"/v1/bulk_audit_events", fmt.Sprintf(
			`{"events":[{"unique_id":"e-%d","create_time":"2026-01-02T03:04:05Z","event":{"org_id":"one","event_name":"Token"}}]}`, round)); got.status != http.StatusCreated {
			t.Fatalf("%+v", got)
		}
		select {
		case got := <-requests:
			verifier := oidc.NewVerifier(issuer, oidc.NewRemoteKeySet(context.Background(), url+"/.well-known/jwks.json"),
				&oidc.Config{ClientID: got.origin, SupportedSigningAlgs: []string{oidc.ES256}})
			if _, err := verifier.Verify(t.Context(), got.token); err != nil {
				t.Errorf("round %d: %v", round, err)
			}
			kids[strings.SplitN(got.token, ".", 2)[0]] = true
		case <-time.After(15 * time.Second):
			t.Fatalf("round %d: nothing arrived; the log is %s", round, log)
		}
		stop()
	}
	if len(kids) != 1 {
		t.Errorf("a new secret key made another key that signs: %v", kids)
	}
}

// webhookWithToken is a destination that this server proves itself to.
func webhookWithToken(location string) string {
	return fmt.Sprintf(`{"spec":{"enabled":true,"name":"a","org_id":"one","destination_type":"webhook",
		"location":%q,"comment":"","filters":[],"authentication":{"authentication_type":"agilicus_bearer"}}}`, location)
}

// Nobody but this machine reaches a server without authentication, and by no other address.
func TestWithoutAuthenticationTokensNameTheAddressWhereTheServerListens(t *testing.T) {
	t.Parallel()
	var url atomic.Value
	verified := make(chan error, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		issuer := url.Load().(string)
		verifier := oidc.NewVerifier(issuer, oidc.NewRemoteKeySet(r.Context(), issuer+"/.well-known/jwks.json"),
			&oidc.Config{ClientID: "http://" + r.Host, SupportedSigningAlgs: []string{oidc.ES256}})
		_, err := verifier.Verify(r.Context(), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		verified <- err
	}))
	defer receiver.Close()
	address, _, _ := startServer(t, t.TempDir(), "127.0.0.1:0", "--delivery-allow", "127.0.0.1")
	url.Store(address)
	destinationID(t, fetch(t, http.MethodPost, address+destinations, webhookWithToken(receiver.URL)), http.StatusCreated)
	fetch(t, http.MethodPost, address+"/v1/bulk_audit_events",
		`{"events":[{"unique_id":"e","create_time":"2026-01-02T03:04:05Z","event":{"org_id":"one","event_name":"Token"}}]}`)
	select {
	case err := <-verified:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(15 * time.Second):
		t.Fatal("nothing arrived")
	}
}

func TestAServerThatDoesNotKnowItsAddressSaysSoBeforeItStoresWhatNeedsIt(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	owner := g.token("one", "owner")
	answer, body := g.do(owner, http.MethodPost, destinations, webhookWithToken("https://example.com/in"))
	if answer.StatusCode != http.StatusBadRequest || !strings.Contains(body, "spec.authentication.authentication_type: ") || !strings.Contains(body, "--public-url") {
		t.Errorf("created: %d %s", answer.StatusCode, body)
	}
	// What sends no such token is taken, as the documented example of a file is.
	kept := strings.NewReplacer(`"webhook"`, `"file"`, "https://example.com/in", "file://./audits.log").Replace(webhookWithToken("https://example.com/in"))
	if answer, body := g.do(owner, http.MethodPost, destinations, kept); answer.StatusCode != http.StatusCreated {
		t.Errorf("a file: %d %s", answer.StatusCode, body)
	}
	got := g.manage(owner, "createAuditDestination", spec("b", ", authentication: {authenticationType: AGILICUS_BEARER}")).Data["createAuditDestination"]
	if len(got.UserErrors) != 1 || got.UserErrors[0].Field != "spec.authentication.authenticationType" || !strings.Contains(got.UserErrors[0].Message, "--public-url") {
		t.Errorf("over GraphQL: %+v", got)
	}
}
