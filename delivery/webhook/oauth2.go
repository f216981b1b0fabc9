package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/dial"
	"github.com/authtrail/authtrail/delivery/token"
)

// fetchTime is for how long fetching a token may take.
const fetchTime = 30 * time.Second

// oauth fetches tokens by client credentials. It keeps one until shortly before its end.
type oauth struct {
	config clientcredentials.Config
	client *http.Client
	now    func() time.Time
	signer Signer
	// assertion is what proves who the client is where it has no secret; nil where it has.
	assertion *token.Claims

	token *oauth2.Token
}

// newOAuth tries the client's id and secret in the header first, and then in the form,
// as servers have either. A client without a secret may have an audience, for which
// this server signs who it is (RFC 7523).
func newOAuth(options Options, d destination.Destination) *oauth {
	o := d.Spec.Authentication.OAuth2
	fetcher := &oauth{client: options.Dialer.Client(nil), now: options.Now, signer: options.Tokens, config: clientcredentials.Config{
		ClientID: o.ClientID, TokenURL: o.TokenURL, Scopes: o.Scopes,
	}}
	switch {
	case o.ClientSecret != nil && *o.ClientSecret != "":
		fetcher.config.ClientSecret = *o.ClientSecret
		return fetcher
	case o.FederatedAudience != nil && *o.FederatedAudience != "":
		fetcher.assertion = &token.Claims{Audience: *o.FederatedAudience, Subject: o.ClientID, Org: d.Spec.OrgID}
	}
	fetcher.config.AuthStyle = oauth2.AuthStyleInParams
	return fetcher
}

func (o *oauth) apply(ctx context.Context, r *http.Request) error {
	if !o.token.Valid() {
		fetched, err := o.fetch(ctx)
		if err != nil {
			return err
		}
		o.token = fetched
	}
	o.token.SetAuthHeader(r)
	return nil
}

// renew has the next request fetch a token: this one may have been revoked.
func (o *oauth) renew() bool {
	o.token = nil
	return true
}

// Close lets the connection to the token's server go.
func (o *oauth) Close() error {
	o.client.CloseIdleConnections()
	return nil
}

func (o *oauth) fetch(ctx context.Context) (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, o.client), fetchTime)
	defer cancel()
	if o.assertion != nil {
		signed, _, err := o.signer.Sign(ctx, *o.assertion)
		if err != nil {
			return nil, &delivery.Failure{Reason: "the assertion for the token could not be signed: " + audit.AsError(err).Message, Err: err}
		}
		o.config.EndpointParams = url.Values{
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {signed},
		}
	}
	fetched, err := o.config.Token(ctx)
	if err != nil {
		return nil, notFetched(err, o.config.ClientSecret, o.now())
	}
	if strings.ContainsFunc(fetched.Type()+fetched.AccessToken, unicode.IsControl) {
		return nil, &delivery.Failure{Reason: "the token could not be fetched: what token_url answered fits in no header"}
	}
	return fetched, nil
}

// errorCode is the form of OAuth 2.0's error codes. Nothing else of an answer is
// repeated: a token's server may say there what it was sent.
var errorCode = regexp.MustCompile(`^[a-z_]{1,64}$`)

// notFetched is why there is no token. The error itself may hold secrets.
func notFetched(err error, secret string, now time.Time) error {
	var answered *oauth2.RetrieveError
	if !errors.As(err, &answered) {
		failure := dial.Explain(err)
		return &delivery.Failure{Reason: "the token could not be fetched from token_url: " + failure.Reason}
	}
	reason := fmt.Sprintf("the token could not be fetched: token_url answered %d", answered.Response.StatusCode)
	if errorCode.MatchString(answered.ErrorCode) && (secret == "" || !strings.Contains(answered.ErrorCode, secret)) {
		reason += " " + answered.ErrorCode
	}
	return &delivery.Failure{Reason: reason, After: retryAfter(answered.Response.Header, now)}
}
