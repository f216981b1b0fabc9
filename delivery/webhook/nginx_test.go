package webhook_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery/deliverytest"
	"github.com/authtrail/authtrail/delivery/dial"
	"github.com/authtrail/authtrail/delivery/webhook"
)

// authority signs certificates for a test.
type authority struct {
	*testing.T
	folder      string
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
}

func newAuthority(t *testing.T, folder string) *authority {
	t.Helper()
	a := &authority{T: t, folder: folder}
	a.certificate = &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a.certificate, a.key = a.issue("authority", a.certificate)
	return a
}

// issue writes NAME.crt and NAME.key.
func (a *authority) issue(name string, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.Fatal(err)
	}
	template.SerialNumber, template.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: name}
	template.NotAfter = time.Now().Add(time.Hour)
	signer := a.key
	if signer == nil {
		signer = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, signer)
	if err != nil {
		a.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.Fatal(err)
	}
	a.write(name+".crt", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	a.write(name+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		a.Fatal(err)
	}
	return certificate, key
}

func (a *authority) write(name string, content []byte) {
	a.Helper()
	if err := os.WriteFile(filepath.Join(a.folder, name), content, 0o600); err != nil {
		a.Fatal(err)
	}
}

// client issues a certificate and reads it as the server does.
func (a *authority) client(name string) *dial.Certificate {
	a.Helper()
	a.issue(name, &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	certificate, err := dial.LoadCertificate(filepath.Join(a.folder, name+".crt"), filepath.Join(a.folder, name+".key"))
	if err != nil {
		a.Fatal(err)
	}
	return certificate
}

// Files are named by their place in the folder that nginx runs in.
const nginxConfig = `
daemon off; master_process off; pid nginx.pid; error_log stderr warn;
events {}
http {
  access_log off; client_max_body_size 10m;
  map $http_authorization $bearer { default 0; "Bearer sword.fish-7/+~_==" 1; }
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {
    listen 127.0.0.1:%[1]d;
    location / { auth_basic "events"; auth_basic_user_file passwords; proxy_pass %[3]s; }
  }
  server {
    listen 127.0.0.1:%[2]d ssl;
    ssl_certificate nginx.crt; ssl_certificate_key nginx.key;
    ssl_client_certificate authority.crt; ssl_verify_client optional;
    location / { if ($ssl_client_verify != SUCCESS) { return 403 $ssl_client_verify; } proxy_pass %[3]s; }
  }
  server {
    listen 127.0.0.1:%[4]d;
    location / { if ($bearer = 0) { return 401 "not $http_authorization"; } proxy_pass %[3]s; }
  }
}
`

// nginx runs one in front of a receiver, which asks for a password at its first
// address, for a certificate at its second, and for a token at its third.
func nginx(t *testing.T, a *authority, receiver string) (basic, certificate, bearer string) {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("nginx is not installed (apt-get install nginx-light)")
	}
	if err != nil {
		t.Fatal(err)
	}
	a.issue("nginx", &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}})
	a.write("passwords", []byte("me:{PLAIN}sword fish ü\n"))
	first, second, third := freePort(t), freePort(t), freePort(t)
	a.write("nginx.conf", fmt.Appendf(nil, nginxConfig, first, second, strings.TrimSuffix(receiver, "/events"), third))
	var said bytes.Buffer
	running := exec.Command(program, "-p", a.folder, "-c", "nginx.conf", "-e", "stderr")
	running.Stderr = &said
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- running.Wait() }()
	t.Cleanup(func() {
		_ = running.Process.Kill()
		<-ended
	})
	for _, port := range []int{first, second, third} {
		await(t, port, ended, &said)
	}
	at := func(scheme string, port int) string { return fmt.Sprintf("%s://127.0.0.1:%d/events", scheme, port) }
	return at("http", first), at("https", second), at("http", third)
}

// await waits until somebody listens.
func await(t *testing.T, port int, ended chan error, said *bytes.Buffer) {
	t.Helper()
	for range 500 {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("nginx ended: %v: %s", err, said)
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Fatal("nginx does not listen")
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func TestNginxKnowsThePasswordTheTokenAndTheCertificate(t *testing.T) {
	t.Parallel()
	receiver, a := deliverytest.NewReceiver(t, deliverytest.Plan{}), newAuthority(t, t.TempDir())
	basic, certified, bearer := nginx(t, a, receiver.URL)
	roots := x509.NewCertPool()
	roots.AddCert(a.certificate)
	options := webhook.Options{Dialer: dial.New(dial.Options{Allow: thisMachine, Roots: roots})}
	password := func(p string) *destination.Authentication {
		return &destination.Authentication{Type: destination.HTTPBasic, Basic: &destination.Basic{Username: "me", Password: p}}
	}
	token := func(text string) *destination.Authentication {
		return &destination.Authentication{Type: destination.HTTPBearer, Bearer: &destination.Bearer{Token: text}}
	}
	ours := &destination.Authentication{Type: destination.ClientCertificate}
	for i, test := range []struct {
		location       string
		authentication *destination.Authentication
		certificate    *dial.Certificate
		status         int
	}{
		{basic, password("sword fish ü"), nil, 204}, {basic, password("swordfish"), nil, 401}, {basic, nil, nil, 401},
		{bearer, token("sword.fish-7/+~_=="), nil, 204}, {bearer, token("swordfish"), nil, 401}, {bearer, nil, nil, 401},
		{bearer, password("sword fish ü"), nil, 401}, {certified, ours, a.client("client"), 204}, {certified, ours, newAuthority(t, t.TempDir()).client("stranger"), 400},
		{certified, nil, a.client("unused"), 403}, {strings.Replace(certified, "https", "http", 1), ours, a.client("plain"), 400},
	} {
		d, options := to(test.location), options
		d.Spec.Authentication, options.Certificate = test.authentication, test.certificate
		result, err := open(t, d, options).Send(t.Context(), deliverytest.Messages(i*10, 10))
		if status := statusOf(result, err); status != test.status || (err == nil) != (status == 204) {
			t.Errorf("%d: %d, want %d: %v", i, status, test.status, err)
		}
		if err != nil && strings.Contains(err.Error(), "swordfish") {
			t.Errorf("%d: the reason repeats the token: %v", i, err)
		}
	}
	if taken := receiver.Taken(); len(taken) != 30 {
		t.Errorf("behind nginx, %d were taken", len(taken))
	}
}
