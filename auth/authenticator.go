package auth

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/authtrail/authtrail/audit"
)

const (
	// maxToken is the most bytes that a token may have.
	maxToken = 16 << 10
	// maxSkew is how far the issuer's clock may be ahead of this one: a token
	// counts as valid that long before its nbf and iat. exp is exact, so that what
	// a token opened ends at the very moment at which it is no longer taken.
	maxSkew = 30 * time.Second
)

// Options say which tokens are believed. Keys is required.
type Options struct {
	Keys        Keys
	Issuer      string     // the iss claim must be this, unless it is empty
	Audience    string     // the aud claim must hold this, unless it is empty
	DefaultRole audit.Role // of tokens that name no role for this API
	Claims      ClaimNames
	Now         func() time.Time // default time.Now
}

// Authenticator tells callers by their tokens. It is safe for concurrent use.
type Authenticator struct {
	options Options
	parser  *jwt.Parser
}

// New returns an Authenticator.
func New(options Options) *Authenticator {
	if options.Now == nil {
		options.Now = time.Now
	}
	options.Claims = options.Claims.withDefaults()
	rules := []jwt.ParserOption{
		jwt.WithValidMethods(options.Keys.algorithms()),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(maxSkew),
		jwt.WithStrictDecoding(), jwt.WithTimeFunc(options.Now),
	}
	if options.Issuer != "" {
		rules = append(rules, jwt.WithIssuer(options.Issuer))
	}
	if options.Audience != "" {
		rules = append(rules, jwt.WithAudience(options.Audience))
	}
	return &Authenticator{options: options, parser: jwt.NewParser(rules...)}
}

// Authenticate returns who sent an Authorization header. The errors are
// *audit.Error: Unauthenticated, with what is wrong with the token; Forbidden when
// it is valid and names no org; Unavailable while there are no keys to judge it by.
func (a *Authenticator) Authenticate(ctx context.Context, authorization string) (audit.Principal, error) {
	if authorization == "" {
		return audit.Principal{}, refuse("a token is needed: send the header Authorization: Bearer TOKEN")
	}
	scheme, token, _ := strings.Cut(authorization, " ")
	token = strings.TrimSpace(token)
	switch {
	case !strings.EqualFold(scheme, "Bearer") || token == "":
		return audit.Principal{}, refuse("Authorization: want Bearer and a token")
	case len(token) > maxToken:
		return audit.Principal{}, refuse("the token is longer than %d bytes", maxToken)
	}
	claims := jwt.MapClaims{}
	_, err := a.parser.ParseWithClaims(token, claims, func(unverified *jwt.Token) (any, error) {
		if _, critical := unverified.Header["crit"]; critical {
			return nil, refuse("the token demands extensions (crit), and none are known here")
		}
		return a.options.Keys.key(ctx, unverified)
	})
	if err != nil {
		return audit.Principal{}, explain(err, claims)
	}
	return a.principal(claims)
}

// principal reads the claims of a token whose signature and times are right.
func (a *Authenticator) principal(claims jwt.MapClaims) (audit.Principal, error) {
	expires, err := claims.GetExpirationTime()
	if err != nil || !a.options.Now().Before(expires.Time) {
		return audit.Principal{}, errExpired
	}
	subject, err := claims.GetSubject()
	if err != nil || subject == "" {
		return audit.Principal{}, refuse("the token does not say whose it is (sub)")
	}
	orgs := textsIn(claims[a.options.Claims.Org])
	if len(orgs) == 0 {
		return audit.Principal{}, &audit.Error{Code: audit.Forbidden,
			Message: "the token names no organisation (" + a.options.Claims.Org + "), so there is nothing that it gives access to"}
	}
	principal := audit.MemberOfAll(subject, orgs, a.options.Claims.role(claims, a.options.DefaultRole))
	principal.Expires = expires.Time
	return principal, nil
}

// explain says what is wrong with a token. What the JWT library says is kept for
// the log.
func explain(err error, claims jwt.MapClaims) error {
	var known *audit.Error
	if errors.As(err, &known) {
		return known
	}
	said := refuse("%s", reason(err, claims))
	said.Err = err
	return said
}

func reason(err error, claims jwt.MapClaims) string {
	for _, known := range []struct {
		is   error
		says string
	}{
		{jwt.ErrTokenExpired, errExpired.Message},
		{jwt.ErrTokenNotValidYet, "the token is not valid yet (nbf)"},
		{jwt.ErrTokenUsedBeforeIssued, "the token comes from the future (iat)"},
		{jwt.ErrTokenInvalidIssuer, "the token is not from the issuer that this server trusts (iss)"},
		{jwt.ErrTokenInvalidAudience, "the token is for somebody else (aud)"},
		{jwt.ErrTokenSignatureInvalid, "the token's signature or algorithm is wrong"},
		{jwt.ErrTokenMalformed, "the token is no JWT"},
	} {
		if errors.Is(err, known.is) {
			return known.says
		}
	}
	for _, name := range []string{"exp", "iss", "aud"} {
		if _, given := claims[name]; errors.Is(err, jwt.ErrTokenRequiredClaimMissing) && !given {
			return "the token lacks a claim that is required (" + name + ")"
		}
	}
	return "the token cannot be verified"
}
