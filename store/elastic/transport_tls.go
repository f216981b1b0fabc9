package elastic

import (
	"crypto/tls"
	"crypto/x509"

	"github.com/authtrail/authtrail/audit"
)

// trusting returns the TLS settings that trust an authority of the user's own
// beside those of the system; nil for the system's alone.
func trusting(authority []byte) (*tls.Config, error) {
	if authority == nil {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a system without any
	}
	if !pool.AppendCertsFromPEM(authority) {
		return nil, audit.Invalid("ca-cert-file", "holds no certificate in PEM")
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}
