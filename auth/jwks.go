package auth

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"

	"github.com/authtrail/authtrail/audit"
)

const (
	// refreshEvery is how often the keys are read anew, and so how long a key that
	// was withdrawn may still be believed.
	refreshEvery = 5 * time.Minute
	// fetchTime is how long reading the keys may take, and how long a token with an
	// unknown key waits for it.
	fetchTime = 5 * time.Second
	// fetchAgain is how soon an unknown key may have the keys read once more:
	// anybody can invent one.
	fetchAgain = 2 * time.Second
	// maxKeySet is the most bytes that are read of a key set.
	maxKeySet = 1 << 20
)

// keySet is the keys at a URL.
type keySet struct {
	keyfunc.Keyfunc

	turn  chan struct{} // held by the one who has the keys read for an unknown key
	again *rate.Limiter // of such readings
}

// FetchKeys returns the keys of the JSON Web Key Set (RFC 7517) at a URL. They are
// read anew every five minutes and when a token names a key that is not known, until
// ctx ends. A set that cannot be read now is no error: until it can, no token can
// be judged, and every one is answered Unavailable.
func FetchKeys(ctx context.Context, url string, logger *slog.Logger) (Keys, error) {
	keys, err := keyfunc.NewDefaultOverrideCtx(ctx, []string{url}, keyfunc.Override{
		Client:            &http.Client{Transport: boundedTransport{http.DefaultTransport}},
		HTTPTimeout:       fetchTime,
		RateLimitWaitMax:  fetchTime,
		RefreshInterval:   refreshEvery,
		RefreshUnknownKID: rate.NewLimiter(rate.Inf, 1), // again sees to it, without a wait
		RefreshErrorHandlerFunc: func(string) func(context.Context, error) {
			return func(ctx context.Context, err error) {
				logger.WarnContext(ctx, "the keys that tokens are verified with could not be read", "url", url, "error", err)
			}
		},
	})
	if err != nil {
		return nil, fmt.Errorf("read the keys at %s: %w", url, err)
	}
	return &keySet{keys, make(chan struct{}, 1), rate.NewLimiter(rate.Every(fetchAgain), 1)}, nil
}

func (*keySet) algorithms() []string { return asymmetric }

func (s *keySet) key(ctx context.Context, unverified *jwt.Token) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	if err := s.prepare(ctx, unverified); err != nil {
		return nil, err
	}
	key, err := s.KeyfuncCtx(ctx)(unverified)
	if err != nil {
		return nil, errKeyUnknown
	}
	if !allows(key, unverified.Method.Alg()) {
		return nil, refuse("the token's algorithm is not one for its key")
	}
	return key, nil
}

var errKeyUnknown = refuse("the token is signed with a key that is not known here (kid)")

// errNoKeys is no fault of the caller's.
var errNoKeys = &audit.Error{Code: audit.Unavailable, RetryAfter: fetchAgain,
	Message: "the keys that tokens are verified with cannot be read now"}

// prepare sees to it that the key of the token is in memory, if it exists. A
// token without kid means the only key that there is, and gets its kid.
func (s *keySet) prepare(ctx context.Context, unverified *jwt.Token) error {
	known, loaded := s.find(ctx, unverified)
	if known == nil {
		select {
		case s.turn <- struct{}{}: // whoever comes meanwhile profits from what is read now
			defer func() { <-s.turn }()
		case <-ctx.Done():
			return errNoKeys
		}
		if known, loaded = s.find(ctx, unverified); known == nil && s.again.Allow() {
			s.fetch(ctx, unverified)
			known, loaded = s.find(ctx, unverified)
		}
	}
	switch {
	case known != nil:
		unverified.Header[jwkset.HeaderKID] = known.Marshal().KID
		return nil
	case loaded:
		return errKeyUnknown
	}
	return errNoKeys
}

// find returns the key of the token if it is in memory and meant for signatures,
// and whether any key is.
func (s *keySet) find(ctx context.Context, unverified *jwt.Token) (known *jwkset.JWK, loaded bool) {
	all, err := s.Storage().KeyReadAll(ctx)
	if err != nil {
		return nil, false
	}
	id, named := unverified.Header[jwkset.HeaderKID]
	for i, key := range all {
		fits := named && key.Marshal().KID == id || !named && len(all) == 1
		if fits && (key.Marshal().USE == "" || key.Marshal().USE == jwkset.UseSig) {
			known = &all[i]
		}
	}
	return known, len(all) > 0
}

// fetch reads the set anew. Others wait for it too, so it does not end with the
// request of the one who asked.
func (s *keySet) fetch(ctx context.Context, unverified *jwt.Token) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTime)
	defer cancel()
	id, _ := unverified.Header[jwkset.HeaderKID].(string)
	_, _ = s.Storage().KeyRead(ctx, id) // of an unknown key; what fails is logged by the handler
}

// boundedTransport reads no more of an answer than a key set may have.
type boundedTransport struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t boundedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := t.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = boundedBody{io.LimitReader(answer.Body, maxKeySet), answer.Body}
	return answer, nil
}

type boundedBody struct {
	io.Reader
	io.Closer
}
