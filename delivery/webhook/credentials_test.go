package webhook_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"

	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/secret"
	"github.com/authtrail/authtrail/delivery/deliverytest"
	"github.com/authtrail/authtrail/delivery/token"
	"github.com/authtrail/authtrail/delivery/webhook"
	"github.com/authtrail/authtrail/store/sqlite"
)

const issuer = "https://audit.example"

// tokenKeys are the keys of a server, and where it publishes them.
func tokenKeys(t *testing.T) (keys *token.Keys, published string) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	vaultKeys, err := secret.Parse(secret.Generate())
	if err != nil {
		t.Fatal(err)
	}
	keys = token.New(token.Options{Registry: store, Issuer: issuer, Vault: secret.New(secret.Options{Registry: store, Keys: vaultKeys})})
	return keys, serve(t, func(w http.ResponseWriter, r *http.Request) {
		set, err := keys.Set(r.Context())
		if err != nil {
			t.Error(err)
		}
		_, _ = w.Write(set)
	})
}

func TestAReceiverVerifiesTheTokensThatAreSignedHere(t *testing.T) {
	t.Parallel()
	keys, published := tokenKeys(t)
	var tokens []string
	location := ""
	location = serve(t, func(w http.ResponseWriter, r *http.Request) {
		signed, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		tokens = append(tokens, signed)
		verifier := gooidc.NewVerifier(issuer, gooidc.NewRemoteKeySet(r.Context(), published),
			&gooidc.Config{ClientID: location, SupportedSigningAlgs: []string{gooidc.ES256}})
		verified, err := verifier.Verify(r.Context(), signed)
		if err != nil || verified.Subject != "d1" {
			t.Errorf("%+v, %v", verified, err)
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	d := to(location + "/deep/path?q=1")
	d.Spec.Authentication = &destination.Authentication{Type: destination.AgilicusBearer}
	now := time.Now()
	s := open(t, d, webhook.Options{Tokens: keys, Now: func() time.Time { return now }})
	for _, wait := range []time.Duration{0, 3 * time.Minute, time.Minute} { // of the third, less than a minute is left
		now = now.Add(wait)
		if _, err := s.Send(t.Context(), deliverytest.Messages(0, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if len(tokens) != 3 || tokens[0] != tokens[1] || tokens[1] == tokens[2] {
		t.Errorf("the second was signed anew, or the third was not: %d", len(tokens))
	}
}

func TestAServerThatCannotProveWhoItIsSaysWhatItLacks(t *testing.T) {
	t.Parallel()
	location := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("it was sent something") })
	for kind, want := range map[string]string{destination.AgilicusBearer: "--public-url", destination.ClientCertificate: "--delivery-certificate-file"} {
		d := to(location)
		d.Spec.Authentication = &destination.Authentication{Type: kind}
		s := open(t, d, webhook.Options{Tokens: token.New(token.Options{})})
		if _, err := s.Send(t.Context(), deliverytest.Messages(0, 1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// A provider that trusts this server's keys takes what it signs instead of a secret.
func TestAClientWithoutASecretShowsASignedAssertion(t *testing.T) {
	t.Parallel()
	keys, published := tokenKeys(t)
	var mu sync.Mutex
	fetched := 0
	tokenURL := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		verifier := gooidc.NewVerifier(issuer, gooidc.NewRemoteKeySet(r.Context(), published),
			&gooidc.Config{ClientID: "api://exchange", SupportedSigningAlgs: []string{gooidc.ES256}})
		verified, err := verifier.Verify(r.Context(), r.PostFormValue("client_assertion"))
		if err != nil || verified.Subject != clientID || r.PostFormValue("client_id") != clientID ||
			r.PostFormValue("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
			t.Errorf("%v, %v, %v", verified, err, r.PostForm)
		}
		fetched++
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "granted", "token_type": "Bearer", "expires_in": 3600})
	})
	got := make(chan string, 1)
	d := withOAuth(serve(t, func(_ http.ResponseWriter, r *http.Request) { got <- r.Header.Get("Authorization") }), tokenURL, "")
	audience := "api://exchange"
	d.Spec.Authentication.OAuth2.FederatedAudience = &audience
	if _, err := open(t, d, webhook.Options{Tokens: keys}).Send(t.Context(), deliverytest.Messages(0, 1)); err != nil {
		t.Fatal(err)
	}
	if authorization := <-got; authorization != "Bearer granted" || fetched != 1 {
		t.Errorf("%s, after %d", authorization, fetched)
	}
}

func TestABearerTokenIsSentAsItIs(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	d := to(serve(t, func(_ http.ResponseWriter, r *http.Request) { got <- r.Header.Get("Authorization") }))
	d.Spec.Authentication = &destination.Authentication{Type: destination.HTTPBearer, Bearer: &destination.Bearer{Token: "aGVsbG8="}}
	if _, err := open(t, d, webhook.Options{}).Send(t.Context(), deliverytest.Messages(0, 1)); err != nil || <-got != "Bearer aGVsbG8=" {
		t.Errorf("%v", err)
	}
}

func TestTheAudienceIsTheOriginOfTheReceiver(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]string{
		"https://Receiver.example/a?b=c": "https://receiver.example", "https://receiver.example:443/": "https://receiver.example",
		"https://receiver.example:8443": "https://receiver.example:8443", "http://receiver.example:80": "http://receiver.example", "http://[::1]:8080/x": "http://[::1]:8080",
	} {
		u, err := url.Parse(location)
		if err != nil {
			t.Fatal(err)
		}
		if got := webhook.OriginOf(u); got != want {
			t.Errorf("%s: %s", location, got)
		}
	}
}
