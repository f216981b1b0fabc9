package elastic

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
)

// transport sends requests to one of the nodes, and to another when that one
// cannot be reached.
type transport struct {
	*elastictransport.Client
	connections *http.Transport
}

func newClient(options Options) (*client, error) {
	sending, err := newTransport(options)
	if err != nil {
		return nil, err
	}
	c := &client{transport: sending, breaker: &breaker{now: time.Now}, timeout: options.RequestTimeout, maxAnswer: defaultMaxAnswer, log: options.Logger}
	c.open, c.shut = context.WithCancel(context.Background())
	return c, nil
}

func newTransport(options Options) (transport, error) {
	addresses, err := options.addresses()
	if err != nil {
		return transport{}, err
	}
	authority, err := options.authority()
	if err != nil {
		return transport{}, err
	}
	near := allLoopback(addresses)
	connections := newConnections(near)
	if connections.TLSClientConfig, err = trusting(authority); err != nil {
		return transport{}, err
	}
	settings := []elastictransport.Option{
		elastictransport.WithURLs(addresses...),
		elastictransport.WithTransport(counting{connections}),
		elastictransport.WithUserAgent("authtrail"),
		elastictransport.WithBasicAuth(options.Username, options.Password),
		elastictransport.WithAPIKey(options.APIKey),
		elastictransport.WithRetry(len(addresses), http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout),
		elastictransport.WithRetryOnError(mayRepeat),
		elastictransport.WithHeader(http.Header{"X-Opaque-Id": {"authtrail"}}), // names us in slow logs and lists of tasks
	}
	if !near {
		settings = append(settings, elastictransport.WithCompression(gzip.BestSpeed))
	}
	sending, err := elastictransport.NewClient(settings...)
	if err != nil {
		return transport{}, fmt.Errorf("connect to Elasticsearch: %w", err)
	}
	return transport{sending, connections}, nil
}

// counting counts how often a request is sent, for who asks with countSends.
type counting struct{ *http.Transport }

// RoundTrip implements http.RoundTripper.
func (c counting) RoundTrip(request *http.Request) (*http.Response, error) {
	if sent, asked := request.Context().Value(sendsKey{}).(*atomic.Int32); asked {
		sent.Add(1)
	}
	return c.Transport.RoundTrip(request)
}

type sendsKey struct{}

// countSends returns a context by which a request is made, and how often it has been sent.
func countSends(ctx context.Context) (context.Context, *atomic.Int32) {
	sent := new(atomic.Int32)
	return context.WithValue(ctx, sendsKey{}, sent), sent
}

// mayRepeat reports whether a request is sent to another node when it failed. A
// change of one version to the next, done but not answered, would be taken for somebody else's.
func mayRepeat(request *http.Request, err error) bool {
	if request.Context().Err() != nil {
		return false
	}
	asked := request.URL.Query()
	if once := asked.Has("if_seq_no") || asked.Get("op_type") == "create"; !once {
		return true
	}
	var failed *net.OpError
	return errors.As(err, &failed) && failed.Op == "dial" // it was never sent
}

// newConnections keeps connections open for many requests at a time. Within one
// machine, packing bodies costs more than sending them.
func newConnections(near bool) *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: 5 * time.Second,
		MaxIdleConns:        256,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     time.Minute,
		DisableCompression:  near,
		ForceAttemptHTTP2:   true,
	}
}

func allLoopback(addresses []*url.URL) bool {
	for _, address := range addresses {
		ip := net.ParseIP(address.Hostname())
		if address.Hostname() != "localhost" && !ip.IsLoopback() {
			return false
		}
	}
	return true
}

func (t transport) close() {
	t.connections.CloseIdleConnections()
	closing, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = t.Close(closing) // ends the goroutines that wait to try dead nodes again; nothing can be done if one does not
}
