package webhook_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/dial"
	"github.com/authtrail/authtrail/delivery/webhook"
)

const signingSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// thisMachine lets tests send to themselves.
var thisMachine = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// to returns a destination.
func to(location string) destination.Destination {
	return destination.Destination{ID: "d1", Spec: destination.Spec{
		Enabled: true, Name: "a", OrgID: "o", Type: destination.Webhook, Location: location,
	}, Keys: &destination.Keys{Signing: signingSecret}}
}

// open makes the sender of a destination, with what options lack to reach this machine.
func open(t testing.TB, d destination.Destination, options webhook.Options) delivery.Sender {
	t.Helper()
	if options.Dialer == nil {
		options.Dialer = dial.New(dial.Options{Allow: thisMachine})
	}
	if options.Timeout == 0 {
		options.Timeout = 10 * time.Second
	}
	options.Version = "1.2.3"
	s, err := webhook.New(options)(d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// serve answers on this machine, until the test ends.
func serve(t testing.TB, answer http.HandlerFunc) (location string) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL
}

// statusOf is what the receiver answered, 0 where it did not.
func statusOf(result delivery.Result, err error) int {
	if err != nil {
		return delivery.FailureOf(err).Status
	}
	return result.Status
}
