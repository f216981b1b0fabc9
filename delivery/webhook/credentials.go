package webhook

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/dial"
	"github.com/authtrail/authtrail/delivery/token"
)

// credentials prove to a receiver who the server is.
type credentials interface {
	// apply adds them to a request.
	apply(ctx context.Context, r *http.Request) error
	// renew says that they were refused, and reports whether there may be better ones.
	renew() bool
	Close() error
}

// credentialsOf returns those that a destination wants.
func credentialsOf(options Options, d destination.Destination, origin string) credentials {
	a := d.Spec.Authentication
	if a == nil {
		return header{}
	}
	switch a.Type {
	case destination.HTTPBasic:
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(a.Basic.Username, a.Basic.Password)
		return header{r.Header.Get("Authorization")}
	case destination.HTTPBearer:
		return header{"Bearer " + a.Bearer.Token}
	case destination.AgilicusBearer:
		claims := token.Claims{Audience: origin, Subject: d.ID, Org: d.Spec.OrgID}
		return &signed{signer: options.Tokens, claims: claims, now: options.Now}
	case destination.OAuth2Credentials:
		return newOAuth(options, d)
	case destination.ClientCertificate:
		if options.Certificate == nil {
			return noCertificate{}
		}
	}
	return header{}
}

// certificateOf returns the certificate to show, nil for those that want none.
func certificateOf(options Options, d destination.Destination) *dial.Certificate {
	if a := d.Spec.Authentication; a != nil && a.Type == destination.ClientCertificate {
		return options.Certificate
	}
	return nil
}

// header is an Authorization that does not change; empty is none.
type header struct{ authorization string }

func (h header) apply(_ context.Context, r *http.Request) error {
	if h.authorization != "" {
		r.Header.Set("Authorization", h.authorization)
	}
	return nil
}

func (header) renew() bool  { return false }
func (header) Close() error { return nil }

// noCertificate is a certificate that the server does not have. That is no fault of the
// destination, which goes on once the server has one.
type noCertificate struct{ header }

func (noCertificate) apply(context.Context, *http.Request) error {
	return &delivery.Failure{Reason: "this server has no client certificate; it needs --delivery-certificate-file"}
}

// renewBefore is how long before its end a signed token is replaced.
const renewBefore = time.Minute

// signed is a token that this server signs.
type signed struct {
	signer Signer
	claims token.Claims
	now    func() time.Time

	token string
	ends  time.Time
}

func (s *signed) apply(ctx context.Context, r *http.Request) (err error) {
	if s.token == "" || !s.now().Before(s.ends.Add(-renewBefore)) {
		if s.token, s.ends, err = s.signer.Sign(ctx, s.claims); err != nil {
			s.token = ""
			return &delivery.Failure{Reason: "the token could not be signed: " + audit.AsError(err).Message, Err: err}
		}
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	return nil
}

// renew has the next request signed anew: the keys may have changed.
func (s *signed) renew() bool {
	s.token = ""
	return true
}

func (*signed) Close() error { return nil }

// originOf is the scheme, host and port of an address, the port only where it is not
// the usual one.
func originOf(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if usual := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]; usual != "" {
		host = strings.TrimSuffix(host, usual)
	}
	return u.Scheme + "://" + host
}
