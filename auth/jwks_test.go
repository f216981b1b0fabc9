package auth_test

import (
	"bytes"
	"crypto"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/auth"
)

// issuer serves a JWKS that can be changed.
type issuer struct {
	testing.TB
	url   string
	set   atomic.Pointer[[]byte] // nil: out of order
	asked atomic.Int64
	hold  chan struct{} // each request waits for a value, unless it is nil
}

func newIssuer(t testing.TB, keys ...jwkset.JWKMarshal) *issuer {
	t.Helper()
	i := &issuer{TB: t}
	if keys != nil {
		i.serve(keys...)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		i.asked.Add(1)
		if i.hold != nil {
			<-i.hold
		}
		set := i.set.Load()
		if set == nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_, _ = w.Write(*set)
	}))
	t.Cleanup(server.Close)
	i.url = server.URL
	return i
}

func (i *issuer) serve(keys ...jwkset.JWKMarshal) {
	i.Helper()
	set, err := json.Marshal(jwkset.JWKSMarshal{Keys: keys})
	if err != nil {
		i.Fatal(err)
	}
	i.set.Store(&set)
}

// trusted returns an Authenticator that trusts the issuer, and its log.
func (i *issuer) trusted() (*auth.Authenticator, *lockedBuffer) {
	i.Helper()
	var log lockedBuffer
	keys, err := auth.FetchKeys(i.Context(), i.url, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		i.Fatal(err)
	}
	return trusting(keys), &log
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// published is a public key as a JWKS has it.
func published(t testing.TB, kid string, key crypto.PublicKey, change ...func(*jwkset.JWKMetadataOptions)) jwkset.JWKMarshal {
	t.Helper()
	metadata := jwkset.JWKMetadataOptions{KID: kid}
	for _, apply := range change {
		apply(&metadata)
	}
	made, err := jwkset.NewJWKFromKey(key, jwkset.JWKOptions{Metadata: metadata, Marshal: jwkset.JWKMarshalOptions{Private: true}})
	if err != nil {
		t.Fatal(err)
	}
	return made.Marshal()
}

func bearer(t testing.TB, method jwt.SigningMethod, key any, kid string) string {
	t.Helper()
	return "Bearer " + signed(t, method, key, kid, with(nil))
}

func believed(t *testing.T, a *auth.Authenticator, header string) {
	t.Helper()
	if _, err := a.Authenticate(t.Context(), header); err != nil {
		t.Errorf("refused: %v", err)
	}
}

func TestAKeySetVerifiesTokensOfEachKind(t *testing.T) {
	t.Parallel()
	a, _ := newIssuer(t, published(t, "r", rsaKey().Public()), published(t, "e", ecKey().Public()), published(t, "d", edKey().Public())).trusted()
	believed(t, a, bearer(t, jwt.SigningMethodRS256, rsaKey(), "r"))
	believed(t, a, bearer(t, jwt.SigningMethodES256, ecKey(), "e"))
	believed(t, a, bearer(t, jwt.SigningMethodEdDSA, edKey(), "d"))
	refused(t, a, bearer(t, jwt.SigningMethodRS256, rsaKey2(), "r"), audit.Unauthenticated)
	refused(t, a, bearer(t, jwt.SigningMethodRS256, rsaKey(), "e"), audit.Unauthenticated)
}

func TestARotatedKeyIsTakenAtOnceAndTheOldOneNoMore(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, published(t, "old", rsaKey().Public()))
	a, _ := i.trusted()
	believed(t, a, bearer(t, jwt.SigningMethodRS256, rsaKey(), "old"))
	i.serve(published(t, "new", rsaKey2().Public()))
	believed(t, a, bearer(t, jwt.SigningMethodRS256, rsaKey2(), "new"))
	refused(t, a, bearer(t, jwt.SigningMethodRS256, rsaKey(), "old"), audit.Unauthenticated)
}

func TestAllWhoComeWhileTheKeysAreReadAnewAreServed(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, published(t, "old", rsaKey().Public()))
	a, _ := i.trusted()
	i.serve(published(t, "new", rsaKey2().Public()))
	i.hold = make(chan struct{})
	header := bearer(t, jwt.SigningMethodRS256, rsaKey2(), "new")
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() { believed(t, a, header) })
	}
	i.hold <- struct{}{} // one reading is enough for all
	all.Wait()
	if got := i.asked.Load(); got != 2 {
		t.Errorf("the keys were read %d times, want 2", got)
	}
}

func TestInventedKeysDoNotHaveTheSetReadAgainAndAgain(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, published(t, "k", rsaKey().Public()))
	a, _ := i.trusted()
	for _, kid := range strings.Split("abcdefghij", "") {
		if says := refused(t, a, bearer(t, jwt.SigningMethodRS256, rsaKey2(), kid), audit.Unauthenticated); !strings.Contains(says, "(kid)") {
			t.Errorf("says %q", says)
		}
	}
	if got := i.asked.Load(); got > 3 {
		t.Errorf("the keys were read %d times", got)
	}
}

func TestWithoutAnyKeyYetTokensAreUnavailableUntilTheIssuerAnswers(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	a, log := i.trusted()
	if !strings.Contains(log.String(), "could not be read") || !strings.Contains(log.String(), i.url) {
		t.Errorf("the log says %s", log)
	}
	i.serve(published(t, "k", rsaKey().Public()))
	header := bearer(t, jwt.SigningMethodRS256, rsaKey(), "k")
	believed(t, a, header) // the first token has the keys read
	believed(t, a, header)
	down, _ := newIssuer(t).trusted()
	for range 2 {
		_, err := down.Authenticate(t.Context(), header)
		if known := audit.AsError(err); known == nil || known.Code != audit.Unavailable || known.RetryAfter == 0 {
			t.Errorf("got %v", err)
		}
	}
}

func TestATokenWithoutAKeyIDMeansTheOnlyKey(t *testing.T) {
	t.Parallel()
	header := bearer(t, jwt.SigningMethodRS256, rsaKey(), "")
	for _, kid := range []string{"k", ""} {
		one, _ := newIssuer(t, published(t, kid, rsaKey().Public())).trusted()
		believed(t, one, header)
	}
	two, _ := newIssuer(t, published(t, "k", rsaKey().Public()), published(t, "l", rsaKey2().Public())).trusted()
	refused(t, two, header, audit.Unauthenticated)
}

func TestKeysOfASetThatAreNotForSignaturesAreNotUsed(t *testing.T) {
	t.Parallel()
	encryption := func(m *jwkset.JWKMetadataOptions) { m.USE = jwkset.UseEnc }
	only512 := func(m *jwkset.JWKMetadataOptions) { m.ALG = jwkset.AlgRS512 }
	a, _ := newIssuer(t,
		published(t, "secret", []byte(secret)),
		published(t, "encryption", rsaKey().Public(), encryption),
		published(t, "512", rsaKey().Public(), only512),
	).trusted()
	for kid, header := range map[string]string{
		"a secret in public":    bearer(t, jwt.SigningMethodHS256, []byte(secret), "secret"),
		"a key to encrypt with": bearer(t, jwt.SigningMethodRS256, rsaKey(), "encryption"),
		"another algorithm":     bearer(t, jwt.SigningMethodRS256, rsaKey(), "512"),
	} {
		t.Log(kid)
		refused(t, a, header, audit.Unauthenticated)
	}
	believed(t, a, bearer(t, jwt.SigningMethodRS512, rsaKey(), "512"))
}

func TestAKeySetWithoutEndIsNotReadToItsEnd(t *testing.T) {
	t.Parallel()
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for page := bytes.Repeat([]byte{' '}, 64<<10); ; {
			if _, err := w.Write(page); err != nil {
				return
			}
		}
	}))
	t.Cleanup(endless.Close)
	var log lockedBuffer
	if _, err := auth.FetchKeys(t.Context(), endless.URL, slog.New(slog.NewTextHandler(&log, nil))); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "EOF") {
		t.Errorf("the log says %s", &log)
	}
}
