package dial_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/authtrail/authtrail/delivery/dial"
)

// writeCertificate writes a certificate of a name, signed by itself.
func writeCertificate(t *testing.T, folder, name string) (certificateFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certificateFile, keyFile = filepath.Join(folder, "client.crt"), filepath.Join(folder, "client.key")
	for file, block := range map[string]pem.Block{
		certificateFile: {Type: "CERTIFICATE", Bytes: certificate}, keyFile: {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(&block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificateFile, keyFile
}

func TestACertificateIsReadAgainWhenItHasChanged(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		_, _ = io.WriteString(w, r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	folder := t.TempDir()
	files := func(name string) (string, string) { return writeCertificate(t, folder, name) }
	certificate, err := dial.LoadCertificate(files("the first"))
	if err != nil {
		t.Fatal(err)
	}
	client := dial.New(dial.Options{Allow: thisMachine, Roots: roots}).Client(certificate)
	shown := func() string {
		t.Helper()
		answer, err := client.Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		name, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(name)
	}
	if name := shown(); name != "the first" {
		t.Errorf("shown is %q", name)
	}
	certificateFile, keyFile := files("the second, which is longer")
	if name := shown(); name != "the second, which is longer" {
		t.Errorf("after the change, shown is %q", name)
	}
	if err := os.WriteFile(keyFile, []byte("half of a"), 0o600); err != nil {
		t.Fatal(err)
	}
	if name := shown(); name != "the second, which is longer" {
		t.Errorf("while the key is being written, shown is %q", name)
	}
	if _, err := dial.LoadCertificate(certificateFile, keyFile); err == nil {
		t.Error("a key that is none was read")
	}
}
