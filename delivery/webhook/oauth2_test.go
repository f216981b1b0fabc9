package webhook_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/deliverytest"
	"github.com/authtrail/authtrail/delivery/dial"
	"github.com/authtrail/authtrail/delivery/webhook"
)

// The client that the provider's example storage knows.
const clientID, clientSecret = "sid1", "verysecret"

// shortLived is the provider's example storage, with JWTs that live as long as a test
// wants them to.
type shortLived struct {
	*storage.Storage
	lifetime time.Duration
}

func (s *shortLived) CreateAccessToken(ctx context.Context, request op.TokenRequest) (string, time.Time, error) {
	id, _, err := s.Storage.CreateAccessToken(ctx, request)
	return id, time.Now().Add(s.lifetime), err
}

func (s *shortLived) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	client, err := s.Storage.ClientCredentials(ctx, id, secret)
	return jwtClient{client}, err
}

type jwtClient struct{ op.Client }

func (jwtClient) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }

// provide starts an OpenID Connect provider.
func provide(t *testing.T, lifetime time.Duration) (issuer string) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	issuer = "http://" + server.Listener.Addr().String()
	provider, err := op.NewProvider(&op.Config{CryptoKey: [32]byte{7}},
		&shortLived{storage.NewStorage(storage.NewUserStore(issuer)), lifetime}, op.StaticIssuer(issuer),
		op.WithAllowInsecure(), op.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = provider
	server.Start()
	t.Cleanup(server.Close)
	return issuer
}

// verifying is a receiver that takes tokens of an issuer for the client.
type verifying struct {
	verifier *gooidc.IDTokenVerifier
	mu       sync.Mutex
	revoked  map[string]bool
	tokens   []string // of all requests, in order
	refused  []error
}

func verify(t *testing.T, issuer string) *verifying {
	t.Helper()
	provider, err := gooidc.NewProvider(t.Context(), issuer)
	if err != nil {
		t.Fatal(err)
	}
	return &verifying{verifier: provider.Verifier(&gooidc.Config{ClientID: clientID}), revoked: map[string]bool{}}
}

func (v *verifying) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	_, err := v.verifier.Verify(r.Context(), token)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.tokens = append(v.tokens, token)
	if err != nil || v.revoked[token] || v.revoked["all"] {
		v.refused = append(v.refused, err)
		w.WriteHeader(http.StatusUnauthorized)
	}
}

func (v *verifying) revoke(token string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.revoked[token] = true
}

func withOAuth(location, tokenURL, secret string) destination.Destination {
	d := to(location)
	d.Spec.Authentication = &destination.Authentication{Type: destination.OAuth2Credentials, OAuth2: &destination.OAuth2{
		TokenURL: tokenURL, ClientID: clientID, ClientSecret: &secret, Scopes: []string{"openid"},
	}}
	return d
}

func TestTokensAreFetchedKeptAndFetchedAnew(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lifetime time.Duration
		tokens   int // of three requests
	}{"long": {5 * time.Minute, 1}, "about to end": {8 * time.Second, 3}} {
		issuer := provide(t, test.lifetime)
		receiver := verify(t, issuer)
		s := open(t, withOAuth(serve(t, receiver.ServeHTTP), issuer+"/oauth/token", clientSecret), webhook.Options{})
		for range 3 {
			if _, err := s.Send(t.Context(), deliverytest.Messages(0, 2)); err != nil {
				t.Fatal(err)
			}
		}
		slices.Sort(receiver.tokens)
		if got := len(slices.Compact(receiver.tokens)); got != test.tokens || len(receiver.refused) > 0 {
			t.Errorf("%s: %d tokens, refused %v", name, got, receiver.refused)
		}
	}
}

func TestATokenThatIsRefusedIsFetchedAnewOnce(t *testing.T) {
	t.Parallel()
	issuer := provide(t, 5*time.Minute)
	receiver := verify(t, issuer)
	s := open(t, withOAuth(serve(t, receiver.ServeHTTP), issuer+"/oauth/token", clientSecret), webhook.Options{})
	send := func() error { _, err := s.Send(t.Context(), deliverytest.Messages(0, 2)); return err }
	if err := send(); err != nil {
		t.Fatal(err)
	}
	receiver.revoke(receiver.tokens[0])
	if err := send(); err != nil || len(receiver.tokens) != 3 || receiver.tokens[2] == receiver.tokens[0] {
		t.Errorf("%d requests, %v", len(receiver.tokens), err)
	}
	receiver.revoke("all")
	if err := send(); err == nil || !strings.Contains(err.Error(), "401") || len(receiver.tokens) != 5 {
		t.Errorf("%d requests, %v", len(receiver.tokens), err)
	}
}

func TestWhyThereIsNoTokenIsSaidWithoutSecrets(t *testing.T) {
	t.Parallel()
	issuer := provide(t, time.Minute)
	elsewhere := serve(t, http.RedirectHandler(issuer+"/oauth/token", http.StatusTemporaryRedirect).ServeHTTP)
	parrot := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "9")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "wrong: swordfish", "error_description": "swordfish is wrong"})
	})
	loopback := strings.Replace(issuer, "127.0.0.1", "127.0.0.2", 1)
	for tokenURL, want := range map[string]string{
		issuer + "/oauth/token": "invalid_client", elsewhere: "answered 307", parrot: "answered 400", loopback: "not public",
		"http://127.0.0.1:1/": "refused the connection", serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "swordfish") }): "could not be fetched",
	} {
		receiver := &verifying{}
		d := withOAuth(serve(t, receiver.ServeHTTP), tokenURL, "swordfish")
		s := open(t, d, webhook.Options{Dialer: dial.New(dial.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})})
		_, err := s.Send(t.Context(), deliverytest.Messages(0, 2))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "swordfish") || len(receiver.tokens) > 0 {
			t.Errorf("%s: %v", tokenURL, err)
		}
		if after := delivery.FailureOf(err).After; (after == 9*time.Second) != (tokenURL == parrot) {
			t.Errorf("%s: after %s", tokenURL, after)
		}
	}
}
