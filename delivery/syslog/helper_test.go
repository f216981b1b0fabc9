package syslog_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/dial"
	"github.com/authtrail/authtrail/delivery/format"
	"github.com/authtrail/authtrail/delivery/socket"
	"github.com/authtrail/authtrail/delivery/syslog"
)

const host = "audit-host.example"

// to returns a destination of the type syslog.
func to(location, formatName string, redactions ...destination.Redaction) destination.Destination {
	return destination.Destination{
		Spec: destination.Spec{Type: destination.Syslog, Location: location,
			Delivery: &destination.DeliverySettings{Format: formatName, Redactions: redactions}},
		Keys: &destination.Keys{Hashing: []byte("key")},
	}
}

// open opens a sender that may reach this machine.
func open(t testing.TB, d destination.Destination, roots *x509.CertPool) delivery.Sender {
	t.Helper()
	dialer := dial.New(dial.Options{Roots: roots, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}})
	s, err := syslog.New(syslog.Options{Options: socket.Options{Dialer: dialer}, Host: host})(d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// messages writes records as a destination wants them.
func messages(t testing.TB, d destination.Destination, records ...*audit.Record) []delivery.Message {
	t.Helper()
	c, err := format.New(d)
	if err != nil {
		t.Fatal(err)
	}
	batch := make([]delivery.Message, len(records))
	for i, r := range records {
		body, err := c.Encode(nil, r)
		if err != nil {
			t.Fatal(err)
		}
		batch[i] = delivery.Message{ID: r.UniqueID, Time: r.Time, Body: body, Record: r}
	}
	return batch
}

func record(t testing.TB, raw string) *audit.Record {
	t.Helper()
	r, err := audit.DecodeEvent(json.RawMessage(raw), "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sample returns the first records of the sample, each once.
func sample(t testing.TB, n int) []*audit.Record {
	t.Helper()
	file, err := os.Open("../../testdata/sample-events.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var records []*audit.Record
	seen := map[string]bool{}
	for lines := bufio.NewScanner(file); lines.Scan() && len(records) < n; {
		if r := record(t, lines.Text()); !seen[r.UniqueID] {
			seen[r.UniqueID] = true
			records = append(records, r)
		}
	}
	return records
}

// certify writes a certificate for a name, and its key, into a folder, and returns the
// pool that trusts it.
func certify(t testing.TB, folder, name string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(folder, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(certificate)
	return pool
}
