package elastic

import (
	"compress/gzip"
	"context"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

func TestCredentialsAreSent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options Options
		user    *url.Userinfo // in the URL
		want    string
	}{
		"none":              {Options{}, nil, ""},
		"a user":            {Options{Username: "u", Password: "p"}, nil, "Basic dTpw"},
		"a user in the URL": {Options{}, url.UserPassword("u", "p"), "Basic dTpw"},
		"an API key":        {Options{APIKey: "a2V5"}, nil, "APIKey a2V5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got, asker string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got, asker = r.Header.Get("Authorization"), r.Header.Get("X-Opaque-Id")
				_, _ = w.Write([]byte(`{}`))
			}))
			t.Cleanup(server.Close)
			address, _ := url.Parse(server.URL)
			address.User = c.user
			c.options.URLs = []string{address.String()}
			if err := ask(t, c.options); err != nil || got != c.want || asker != "authtrail" {
				t.Errorf("%q sent %q, %v; want %q", asker, got, err, c.want)
			}
		})
	}
}

// ask makes one request with the options.
func ask(t testing.TB, options Options) error {
	t.Helper()
	return clientWith(t, options).do(context.Background(), esapi.InfoRequest{}, nil)
}

func TestAnAuthorityOfOnesOwnIsTrusted(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) }))
	server.Config.ErrorLog = quiet()
	server.StartTLS()
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := ask(t, Options{URLs: []string{server.URL}, CACertFile: file}); err != nil {
		t.Errorf("with its authority: %v", err)
	}
	var known *audit.Error
	if err := ask(t, Options{URLs: []string{server.URL}}); !errors.As(err, &known) || known.Err == nil || !strings.Contains(known.Err.Error(), "certificate") {
		t.Errorf("without its authority: %v", err)
	}
}

func TestBodiesAreCompressedOverANetwork(t *testing.T) {
	t.Parallel()
	bodies := make(chan string, 2)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, _ = gzip.NewReader(r.Body)
		}
		text, _ := io.ReadAll(body)
		bodies <- r.Header.Get("Content-Encoding") + " " + string(text)
		_, _ = w.Write([]byte(`{}`))
	}))
	t.Cleanup(server.Close)
	for host, want := range map[string]string{"127.0.0.1": " {}", "network.test": "gzip {}"} {
		es := clientWith(t, Options{URLs: []string{strings.Replace(server.URL, "127.0.0.1", host, 1)}})
		dial := es.transport.connections.DialContext
		es.transport.connections.DialContext = dialTo(dial, strings.TrimPrefix(server.URL, "http://"))
		if err := es.do(context.Background(), esapi.CountRequest{Body: strings.NewReader("{}")}, nil); err != nil {
			t.Fatal(err)
		}
		if got := <-bodies; got != want {
			t.Errorf("to %s the body is sent as %q, want %q", host, got, want)
		}
	}
}
