package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"time"
)

const (
	connectTime  = 10 * time.Second // for the look-up and the connection together
	tlsTime      = 10 * time.Second
	answerTime   = 30 * time.Second // until the header of an answer is there
	idleTime     = 90 * time.Second // that a connection is kept for the next request
	maxHeader    = 64 << 10
	keepAliveFor = 30 * time.Second
)

// Options are what a dialer needs.
type Options struct {
	// Allow are networks that receivers may be in though they are not public.
	Allow []netip.Prefix
	// Roots are the authorities that sign receivers' certificates; nil is the system's.
	Roots *x509.CertPool
	// Resolver looks names up; nil is the system's.
	Resolver *net.Resolver
}

// Dialer connects to addresses that destinations may lead to. It is safe for
// concurrent use.
type Dialer struct {
	dialer net.Dialer
	roots  *x509.CertPool
}

// New returns a dialer.
func New(options Options) *Dialer {
	return &Dialer{roots: options.Roots, dialer: net.Dialer{
		Timeout: connectTime, KeepAlive: keepAliveFor,
		Resolver: options.Resolver, Control: newGuard(options.Allow).check,
	}}
}

// Dial connects over tcp or udp. Its errors are [*delivery.Failure].
func (d *Dialer) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, Explain(err)
	}
	return conn, nil
}

// DialTLS connects over TCP and TLS, to the host that the address names. The
// certificate is one for the server to show; nil is none. Its errors are
// [*delivery.Failure].
func (d *Dialer) DialTLS(ctx context.Context, address string, certificate *Certificate) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTime+tlsTime)
	defer cancel()
	dialer := tls.Dialer{NetDialer: &d.dialer, Config: d.tlsConfig(certificate)}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, Explain(err)
	}
	return conn, nil
}

func (d *Dialer) tlsConfig(certificate *Certificate) *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: d.roots}
	if certificate != nil {
		config.GetClientCertificate = certificate.get
	}
	return config
}

// Client returns a client for one receiver, with connections of its own. It uses no
// proxy, follows no redirect and keeps no cookie. The certificate is one for the
// server to show; nil is none. A request's context bounds the whole exchange.
func (d *Dialer) Client(certificate *Certificate) *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            d.dialer.DialContext,
			TLSClientConfig:        d.tlsConfig(certificate),
			TLSHandshakeTimeout:    tlsTime,
			ResponseHeaderTimeout:  answerTime,
			MaxResponseHeaderBytes: maxHeader,
			MaxIdleConnsPerHost:    1, // a destination sends one batch at a time
			IdleConnTimeout:        idleTime,
			DisableCompression:     true,
		},
	}
}
