package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"

	"github.com/authtrail/authtrail/delivery"
)

// refused is the one reason for all addresses that are refused.
const refused = "the location leads to an address that is not public (loopback, link-local, private or otherwise special), " +
	"to which nothing is sent unless the server's operator allows it (--delivery-allow)"

// Explain returns why a connection could not be made or used, in words that do not
// tell more of the network than the owner of the destination knows. A failure that
// is one already stays as it is.
func Explain(err error) *delivery.Failure {
	var known *delivery.Failure
	if errors.As(err, &known) {
		return known
	}
	return &delivery.Failure{Reason: reason(err), Err: cause(err)}
}

// cause is what the log says of an error: without the location, whose path and query
// often let in whoever knows them, and without what the receiver said.
func cause(err error) error {
	var request *url.Error
	for errors.As(err, &request) {
		err = request.Err
	}
	if quotes(err) {
		return errNotHTTP
	}
	return err
}

// errNotHTTP stands for what the HTTP client says of an answer that it cannot read.
var errNotHTTP = errors.New("malformed HTTP")

// quotes reports whether an error may repeat what the receiver said: any but those
// of connections, certificates, time and refused addresses.
func quotes(err error) bool {
	var (
		network   net.Error
		untrusted *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		number    syscall.Errno
	)
	if errors.As(err, &network) || errors.As(err, &untrusted) || errors.As(err, &record) || errors.As(err, &number) {
		return false
	}
	for _, known := range []error{io.EOF, io.ErrUnexpectedEOF, context.Canceled, context.DeadlineExceeded, http.ErrSchemeMismatch,
		ssrf.ErrProhibitedIP, ssrf.ErrProhibitedNetwork, ssrf.ErrInvalidHostPort} {
		if errors.Is(err, known) {
			return false
		}
	}
	return !strings.HasPrefix(err.Error(), "tls: ")
}

func reason(err error) string {
	var (
		lookup    *net.DNSError
		untrusted *tls.CertificateVerificationError
		remote    *net.OpError
		record    tls.RecordHeaderError
		timeout   net.Error
	)
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork), errors.Is(err, ssrf.ErrInvalidHostPort):
		return refused
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return "the name of the receiver is not known (DNS)"
	case errors.As(err, &lookup):
		return "the name of the receiver could not be looked up (DNS)"
	case errors.As(err, &untrusted):
		return "the certificate of the receiver is not trusted: " + certificateFault(untrusted.Err)
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "the receiver does not speak TLS"
	case errors.As(err, &remote) && remote.Op == "remote error": // an alert
		return "the receiver ended the TLS connection: " + remote.Err.Error()
	case strings.Contains(err.Error(), "tls: "): // such errors have no type
		return "the receiver and this server do not agree on TLS, which must be 1.2 or later"
	case errors.Is(err, context.Canceled):
		return "the delivery was stopped"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "the receiver did not answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the receiver refused the connection"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to the receiver"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the receiver broke the connection off"
	}
	if strings.Contains(err.Error(), "malformed HTTP") { // has no type either
		return "what the receiver answered is not HTTP"
	}
	return "the receiver could not be reached"
}

// certificateFault says what is wrong with a certificate.
func certificateFault(err error) string {
	var (
		name      x509.HostnameError
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &name):
		return "it is for another name"
	case errors.As(err, &authority):
		return "it is signed by an unknown authority"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "it has expired or is not valid yet"
	}
	return "it is not valid"
}
