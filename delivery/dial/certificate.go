package dial

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// Certificate is what the server shows receivers that ask who it is. It is read
// again when its files have changed.
type Certificate struct {
	certificateFile, keyFile string

	mu     sync.Mutex
	loaded *tls.Certificate
	stamps [2]stamp
}

// stamp tells whether a file has changed.
type stamp struct {
	changed time.Time
	size    int64
}

// LoadCertificate reads a certificate, with those that signed it behind it, and its
// key, both as PEM.
func LoadCertificate(certificateFile, keyFile string) (*Certificate, error) {
	c := &Certificate{certificateFile: certificateFile, keyFile: keyFile}
	if _, err := c.current(); err != nil {
		return nil, err
	}
	return c, nil
}

// get is the GetClientCertificate of a [tls.Config].
func (c *Certificate) get(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c.current() }

// current returns the certificate that is in the files. While they cannot be used,
// as when only one of them is there yet, it is the one before.
func (c *Certificate) current() (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	stamps, err := c.stat()
	if err == nil && c.loaded != nil && stamps == c.stamps {
		return c.loaded, nil
	}
	var read tls.Certificate
	if err == nil {
		read, err = tls.LoadX509KeyPair(c.certificateFile, c.keyFile)
	}
	switch {
	case err == nil:
		c.loaded, c.stamps = &read, stamps
	case c.loaded == nil:
		return nil, fmt.Errorf("read the client certificate: %w", err)
	}
	return c.loaded, nil
}

func (c *Certificate) stat() (stamps [2]stamp, err error) {
	for i, file := range []string{c.certificateFile, c.keyFile} {
		info, err := os.Stat(file)
		if err != nil {
			return stamps, err
		}
		stamps[i] = stamp{info.ModTime(), info.Size()}
	}
	return stamps, nil
}
