package webhook

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/dial"
	"github.com/authtrail/authtrail/delivery/token"
)

// exchangeTime is for how long one request and its answer may take.
const exchangeTime = time.Minute

// Options are what senders need.
type Options struct {
	Dialer *dial.Dialer // required
	// Tokens signs the tokens of agilicus_bearer, and federated assertions; [token.Keys].
	Tokens Signer
	// Certificate is the server's own, for client_certificate; nil where it has none.
	Certificate *dial.Certificate
	Version     string        // of the server, for User-Agent
	Timeout     time.Duration // for one request and its answer; a minute unless set
	Halving     time.Duration // for a batch that is sent in parts; 20 s unless set
	Now         func() time.Time
}

// Signer signs tokens that say who this server is.
type Signer interface {
	Sign(ctx context.Context, claims token.Claims) (signed string, ends time.Time, err error)
}

// sender implements [delivery.Sender].
type sender struct {
	options     Options
	client      *http.Client
	destination string // its id
	location    string
	shape       shape
	credentials credentials
	signer      *standardwebhooks.Webhook // nil where there is nothing to sign with
	sent        *concealed                // the credentials of the last request
	most        int                       // bytes that the receiver takes at once; 0 while it said nothing
}

// New returns how senders are made. They keep a connection to the receiver open.
func New(options Options) delivery.Open {
	options.Timeout, options.Halving = cmp.Or(options.Timeout, exchangeTime), cmp.Or(options.Halving, halvingTime)
	if options.Now == nil {
		options.Now = time.Now
	}
	return func(d destination.Destination) (delivery.Sender, error) {
		location, err := url.Parse(d.Spec.Location)
		if err != nil {
			return nil, &delivery.Failure{Reason: "the location is not an address", Err: err}
		}
		s := &sender{options: options, destination: d.ID, location: d.Spec.Location, shape: shapeOf(d.Spec.FormatOf())}
		if d.Keys != nil && d.Keys.Signing != "" {
			if s.signer, err = standardwebhooks.NewWebhook(d.Keys.Signing); err != nil {
				return nil, fmt.Errorf("read the signing secret: %w", err)
			}
		}
		s.credentials = credentialsOf(options, d, originOf(location))
		s.client = options.Dialer.Client(certificateOf(options, d))
		return s, nil
	}
}

// Close implements [delivery.Sender].
func (s *sender) Close() error {
	s.client.CloseIdleConnections()
	return s.credentials.Close()
}
