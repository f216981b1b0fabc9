package socket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/url"
	"time"

	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/dial"
)

// Options are what connections need.
type Options struct {
	Dialer *dial.Dialer
	// Certificate is what the server shows over TLS to receivers of destinations that
	// ask for a client certificate; nil is none.
	Certificate *dial.Certificate
}

// Line is the connection to one receiver. Its methods are called one at a time.
type Line struct {
	options     Options
	network     string // udp, tcp or tls
	address     string
	certificate *dial.Certificate
	patience    time.Duration

	burst  burst  // of datagrams
	stream []byte // the last batch that was written; its room is used again
	conn   net.Conn
	end    chan struct{} // closed when the receiver has ended the connection
	why    error         // known then
}

// errCertificate is why a destination cannot be opened that wants what there is not.
var errCertificate = errors.New("the destination wants a client certificate, and the server has none")

// New returns the line to a destination's location: udp://host:port, tcp:// or tls://.
// Ports are those for locations without one, by what is before the colon.
func New(d destination.Destination, ports map[string]string, options Options) (*Line, error) {
	u, err := url.Parse(d.Spec.Location)
	if err != nil || u.Hostname() == "" || ports[u.Scheme] == "" {
		return nil, errors.New("the location is not an address like udp://host:514, tcp://host:514 or tls://host:6514")
	}
	port := u.Port()
	if port == "" {
		port = ports[u.Scheme]
	}
	l := &Line{options: options, network: u.Scheme, address: net.JoinHostPort(u.Hostname(), port), patience: patience}
	if a := d.Spec.Authentication; a != nil && a.Type == destination.ClientCertificate {
		if l.certificate = options.Certificate; l.certificate == nil {
			return nil, errCertificate
		}
	}
	return l, nil
}

// Datagrams reports whether each write is one datagram, which nothing acknowledges.
func (l *Line) Datagrams() bool { return l.network == "udp" }

// Answer says of a test what there is to say.
func (l *Line) Answer(bytes int) string {
	if l.Datagrams() {
		return fmt.Sprintf("%d bytes were sent over UDP; nobody says whether they arrived", bytes)
	}
	return fmt.Sprintf("%d bytes were taken over %s by the receiver's system", bytes, map[string]string{"tcp": "TCP", "tls": "TLS"}[l.network])
}

// Do connects, unless there is a connection, and has write write to it. When it returns
// without an error, as much as can be known of it is: see the package. A receiver that
// takes nothing for 30 seconds is given up. Errors are [*delivery.Failure], and leave no
// connection.
func (l *Line) Do(ctx context.Context, write func(io.Writer) error) error {
	if err := l.connect(ctx); err != nil {
		return dial.Explain(err)
	}
	conn := l.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err := write(l.writer(ctx))
	if err == nil {
		err = l.settle(ctx)
	}
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	_ = l.Close()
	return dial.Explain(err)
}

// connect makes a connection if there is none that the receiver has not ended.
func (l *Line) connect(ctx context.Context) error {
	if l.conn != nil && !l.ended() {
		return nil
	}
	_ = l.Close()
	var err error
	if l.network == "tls" {
		l.conn, err = l.options.Dialer.DialTLS(ctx, l.address, l.certificate)
	} else {
		l.conn, err = l.options.Dialer.Dial(ctx, l.network, l.address)
	}
	if err != nil {
		l.conn = nil
		return err
	}
	end := make(chan struct{})
	l.end = end
	go l.listen(l.conn, end)
	return nil
}

// listen waits for the receiver to end the connection: by closing it, or, over UDP, by
// its system saying that nobody listens.
func (l *Line) listen(conn net.Conn, end chan struct{}) {
	_, err := io.Copy(io.Discard, struct{ io.Reader }{conn})
	if err == nil {
		err = io.EOF
	}
	l.why = err
	close(end)
}

func (l *Line) ended() bool {
	select {
	case <-l.end:
		return true
	default:
		return false
	}
}

// settle waits until the receiver's system has all that was written.
func (l *Line) settle(ctx context.Context) error {
	if l.Datagrams() {
		if l.ended() {
			return l.why
		}
		return nil
	}
	least, since := math.MaxInt, time.Time{} // how few bytes were left, and when that was first so
	for wait := 50 * time.Microsecond; ; wait = min(2*wait, 20*time.Millisecond) {
		n := unacknowledged(l.conn)
		switch {
		case l.ended():
			return l.why
		case n == 0:
			return nil
		case n < least:
			least, since = n, time.Now()
		case time.Since(since) > l.patience:
			return stalled(l.patience)
		}
		select {
		case <-l.end:
			return l.why
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// Close ends the connection, if there is one.
func (l *Line) Close() error {
	if l.conn == nil {
		return nil
	}
	err := l.conn.Close()
	<-l.end
	l.conn = nil
	return err
}

// Oversized is the refusal of a message that no datagram can hold.
func Oversized(place, bytes, most int) delivery.Refusal {
	return delivery.Refusal{Place: place, Reason: fmt.Sprintf(
		"the message has %d bytes, which is more than datagrams hold (%d at most); use tcp:// or tls:// for such events", bytes, most)}
}
