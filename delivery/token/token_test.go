package token_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/golang-jwt/jwt/v5"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/secret"
	"github.com/authtrail/authtrail/delivery/token"
	"github.com/authtrail/authtrail/store/sqlite"
)

const issuer = "https://audit.example"

var claims = token.Claims{Audience: "https://receiver.example", Subject: "d1", Org: "o"}

// world is a store that processes share, and their clock.
type world struct {
	*testing.T
	registry audit.Registry
	mu       sync.Mutex
	now      time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return &world{T: t, registry: store, now: time.Now()}
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// process is one of those that share the store, with keys of the vault.
func (w *world) process(keys []secret.Key) *token.Keys {
	vault := secret.New(secret.Options{Registry: w.registry, Keys: keys})
	return token.New(token.Options{Registry: w.registry, Vault: vault, Issuer: issuer, Now: w.clock})
}

func newKeys(t *testing.T) []secret.Key {
	t.Helper()
	keys, err := secret.Parse(secret.Generate())
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func (w *world) sign(k *token.Keys) string {
	w.Helper()
	signed, _, err := k.Sign(w.Context(), claims)
	if err != nil {
		w.Fatal(err)
	}
	return signed
}

// receiver verifies tokens by the keys that a process publishes, as an independent
// implementation does it. It has fetched them when it returns.
func (w *world) receiver(k *token.Keys) func(signed string) (*oidc.IDToken, error) {
	w.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		set, err := k.Set(r.Context())
		if err != nil {
			w.Error(err)
		}
		_, _ = rw.Write(set)
	}))
	w.Cleanup(server.Close)
	verifier := oidc.NewVerifier(issuer, oidc.NewRemoteKeySet(context.Background(), server.URL),
		&oidc.Config{ClientID: claims.Audience, SupportedSigningAlgs: []string{oidc.ES256}, Now: w.clock})
	return func(signed string) (*oidc.IDToken, error) { return verifier.Verify(w.Context(), signed) }
}

// published returns the ids of the keys that a process publishes.
func (w *world) published(k *token.Keys) (ids []string) {
	w.Helper()
	set, err := k.Set(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	var parsed struct{ Keys []map[string]string }
	if err := json.Unmarshal(set, &parsed); err != nil {
		w.Fatal(err)
	}
	for _, key := range parsed.Keys {
		if key["d"] != "" || key["alg"] != "ES256" || key["use"] != "sig" || key["kty"] != "EC" || key["crv"] != "P-256" {
			w.Errorf("published is %s", set)
		}
		ids = append(ids, key["kid"])
	}
	return ids
}

func TestReceiversVerifyTokensOfEveryProcess(t *testing.T) {
	t.Parallel()
	w, keys := newWorld(t), newKeys(t)
	one, two := w.process(keys), w.process(keys)
	if len(w.published(one)) != 0 {
		t.Error("there is a key before there is something to sign")
	}
	signed := []string{w.sign(two), w.sign(w.process(keys))}
	w.wait(time.Second) // for which a process may know an older set
	verify := w.receiver(one)
	for _, s := range signed {
		verified, err := verify(s)
		if err != nil {
			t.Fatal(err)
		}
		var said struct {
			Org string
			ID  string `json:"jti"`
		}
		if err := verified.Claims(&said); err != nil || said.Org != "o" || said.ID == "" || verified.Subject != "d1" {
			t.Errorf("%+v, %+v, %v", verified, said, err)
		}
		if life := verified.Expiry.Sub(verified.IssuedAt); life > token.Lifetime {
			t.Errorf("it is valid for %s", life)
		}
	}
	if _, err := verify(signed[0][:len(signed[0])-4] + "AAAA"); err == nil {
		t.Error("a token that was changed is verified")
	}
	w.wait(token.Lifetime)
	if _, err := verify(signed[0]); err == nil {
		t.Error("a token that has ended is verified")
	}
}

func TestProcessesThatBeginAtOnceHaveOneKey(t *testing.T) {
	t.Parallel()
	w, keys := newWorld(t), newKeys(t)
	var all sync.WaitGroup
	for range 8 {
		k := w.process(keys)
		all.Go(func() {
			if _, _, err := k.Sign(t.Context(), claims); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if ids := w.published(w.process(keys)); len(ids) != 1 {
		t.Errorf("there are %v", ids)
	}
}

func TestKeysChangeWithoutATokenThatCannotBeVerified(t *testing.T) {
	t.Parallel()
	w, keys := newWorld(t), newKeys(t)
	k := w.process(keys)
	before := w.sign(k)
	first := w.published(k)[0]
	w.wait(30 * 24 * time.Hour)
	early := w.sign(k) // which makes the next key
	if ids := w.published(k); len(ids) != 2 || ids[1] != first || w.kid(early) != first {
		t.Errorf("published are %v, signed is with %s", ids, w.kid(early))
	}
	w.wait(10 * time.Minute)
	verify, late := w.receiver(k), w.sign(k)
	if w.kid(late) == first {
		t.Error("the old key still signs")
	}
	if _, err := verify(late); err != nil {
		t.Error(err)
	}
	if _, err := verify(before); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("an old token: %v", err)
	}
	for range 2 { // the first is left out when it was replaced more than a day ago
		w.wait(25 * time.Hour)
		if err := k.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if ids := w.published(k); len(ids) != 2 {
		t.Errorf("published are %v", ids)
	}
}

// kid returns the id of the key that a token was signed with.
func (w *world) kid(signed string) string {
	w.Helper()
	unverified, _, err := jwt.NewParser().ParseUnverified(signed, jwt.MapClaims{})
	if err != nil {
		w.Fatal(err)
	}
	return unverified.Header["kid"].(string)
}

func TestKeysAreEncryptedAndSealedAnew(t *testing.T) {
	t.Parallel()
	w, old, newest := newWorld(t), newKeys(t), newKeys(t)
	w.sign(w.process(old))
	if _, _, err := w.process(newest).Sign(t.Context(), claims); err == nil {
		t.Error("the key opens without the vault's")
	}
	both := w.process(append(newest, old...))
	for range 2 { // the second time there is nothing to do
		if err := both.Reseal(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.sign(w.process(newest))
	if _, _, err := w.process(old).Sign(t.Context(), claims); err == nil {
		t.Error("the old key of the vault is still needed")
	}
}

func TestWhatIsMissingToSignIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vault := secret.New(secret.Options{Registry: w.registry})
	for want, options := range map[string]token.Options{
		"--public-url":      {Registry: w.registry, Vault: vault},
		"--secret-key-file": {Registry: w.registry, Vault: vault, Issuer: issuer},
	} {
		if _, _, err := token.New(options).Sign(t.Context(), claims); err == nil || !strings.Contains(audit.AsError(err).Message, want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
