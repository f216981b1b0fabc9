package dial_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/dial"
)

var thisMachine = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// reasonOf returns why a request was not answered.
func reasonOf(t *testing.T, client *http.Client, location string) string {
	t.Helper()
	answer, err := client.Post(location, "text/plain", strings.NewReader("x"))
	if err == nil {
		_ = answer.Body.Close()
		return ""
	}
	return dial.Explain(err).Reason
}

// A name that leads to a public address when it is looked at, and to this machine when
// it is dialled, is refused: what counts is the address that is dialled.
func TestAHostThatLeadsElsewhereTheSecondTimeIsRefused(t *testing.T) {
	t.Parallel()
	reached := atomic.Bool{}
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	names := rebinding(t, "203.0.113.7", "127.0.0.1")
	if first, err := names.LookupHost(t.Context(), "rebind.example"); err != nil || first[0] != "203.0.113.7" {
		t.Fatalf("looked up %v, %v", first, err)
	}
	client := dial.New(dial.Options{Resolver: names}).Client(nil)
	if reason := reasonOf(t, client, "http://rebind.example:"+port); !strings.Contains(reason, "not public") || reached.Load() {
		t.Errorf("reached %v, %q", reached.Load(), reason)
	}
	open := dial.New(dial.Options{Resolver: names, Allow: thisMachine}).Client(nil)
	if reason := reasonOf(t, open, "http://rebind.example:"+port); reason != "" || !reached.Load() {
		t.Errorf("where it is allowed: %q", reason)
	}
}

func TestARefusalDoesNotTellWhetherSomebodyListens(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	open := listener.Addr().String()
	defer listener.Close()
	d := dial.New(dial.Options{})
	reasons := map[string]bool{}
	for _, address := range []string{open, "127.0.0.1:1", "localhost:1", "10.255.255.1:80", "169.254.169.254:80"} {
		for _, network := range []string{"tcp", "udp"} {
			conn, err := d.Dial(t.Context(), network, address)
			var failure *delivery.Failure
			if err == nil || !errors.As(err, &failure) {
				t.Fatalf("%s %s: %v, %v", network, address, conn, err)
			}
			reasons[failure.Reason] = true
		}
	}
	if len(reasons) != 1 {
		t.Errorf("the reasons differ: %v", reasons)
	}
}

func TestRedirectsAreNotFollowedAndProxiesNotUsed(t *testing.T) {
	hits := atomic.Int32{}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, elsewhere.URL)
	}
	client := dial.New(dial.Options{Allow: thisMachine}).Client(nil)
	answer, err := client.Post(server.URL, "text/plain", strings.NewReader("x"))
	if err != nil || answer.StatusCode != http.StatusTemporaryRedirect || hits.Load() > 0 {
		t.Fatalf("%v, %v, elsewhere was asked %d times", answer, err, hits.Load())
	}
	_ = answer.Body.Close()
	public := reasonOf(t, client, "http://nobody.invalid/")
	if !strings.Contains(public, "DNS") || hits.Load() > 0 {
		t.Errorf("by a proxy: %q, which was asked %d times", public, hits.Load())
	}
}

func TestTLSIsVerified(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	server.Config.ErrorLog = quiet
	server.StartTLS()
	defer server.Close()
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.Config.ErrorLog = quiet
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.StartTLS()
	defer old.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	trusting := dial.New(dial.Options{Allow: thisMachine, Roots: roots})
	local := func(u string) string { return strings.Replace(u, "127.0.0.1", "localhost", 1) }
	for name, test := range map[string]struct {
		dialer   *dial.Dialer
		location string
		want     string // part of the reason; empty is none
	}{
		"trusted":               {trusting, server.URL, ""},
		"an unknown authority":  {dial.New(dial.Options{Allow: thisMachine}), server.URL, "unknown authority"},
		"for another name":      {trusting, local(server.URL), "another name"},
		"an old version of TLS": {trusting, old.URL, "TLS"},
		"no TLS":                {trusting, strings.Replace(plain.URL, "http:", "https:", 1), "does not speak TLS"},
	} {
		if reason := reasonOf(t, test.dialer.Client(nil), test.location); test.want == "" && reason != "" || !strings.Contains(reason, test.want) {
			t.Errorf("%s: %q", name, reason)
		}
		if strings.HasPrefix(test.location, "https") {
			conn, err := test.dialer.DialTLS(t.Context(), strings.TrimPrefix(test.location, "https://"), nil)
			if (err == nil) != (test.want == "") {
				t.Errorf("%s: without HTTP: %v", name, err)
			}
			if conn != nil {
				_ = conn.Close()
			}
		}
	}
}
