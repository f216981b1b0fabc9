package token

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/authtrail/authtrail/audit"
)

// Lifetime is for how long a token is valid.
const Lifetime = 5 * time.Minute

// skew is by how much a receiver's clock may be behind.
const skew = 10 * time.Second

// Claims are what a token says beside who signed it, when, and until when.
type Claims struct {
	Audience string // whom it is for
	Subject  string // the id of the destination
	Org      string // whose destination it is
}

// claims are those of the token itself.
type claims struct {
	jwt.RegisteredClaims
	Org string `json:"org"`
}

// KnownAs says by which address tokens name the server, for one that learns it only
// when it listens. It is to be called before anything is signed.
func (k *Keys) KnownAs(issuer string) { k.options.Issuer = issuer }

// Sign returns a token, and when it ends.
func (k *Keys) Sign(ctx context.Context, c Claims) (token string, ends time.Time, err error) {
	if k.options.Issuer == "" {
		return "", time.Time{}, audit.Invalid("", "this server signs no tokens, since it does not know its own address; it needs --public-url")
	}
	kid, key, err := k.signing(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	now := k.options.Now()
	ends = now.Add(Lifetime - skew)
	unsigned := jwt.NewWithClaims(jwt.SigningMethodES256, claims{Org: c.Org, RegisteredClaims: jwt.RegisteredClaims{
		Issuer: k.options.Issuer, Subject: c.Subject, Audience: jwt.ClaimStrings{c.Audience}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(now.Add(-skew)), NotBefore: jwt.NewNumericDate(now.Add(-skew)), ExpiresAt: jwt.NewNumericDate(ends),
	}})
	unsigned.Header["kid"] = kid
	token, err = unsigned.SignedString(key)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign a token: %w", err)
	}
	return token, ends, nil
}
