package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

// silence is the address of a server that takes connections, and never answers.
func silence(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return urlOf(listener)
}

// freeAddress is one at which nobody listened a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestAServerThatCannotOpenItsStoreYetSaysThatItIsStarting(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	address, ended, log := freeAddress(t), make(chan int, 1), &lockedBuffer{}
	args := []string{"serve", "--listen", address, "--store", "elasticsearch", "--elasticsearch-url", silence(t)}
	go func() {
		ended <- run(ctx, args, noEnv, streams{strings.NewReader(""), io.Discard, log})
	}()
	defer func() {
		cancel()
		<-ended
	}()
	url := "http://" + address
	eventually(t, "it listens", func() bool {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			_ = connection.Close()
		}
		return err == nil
	})
	for _, test := range []struct {
		method, path string
		status       int
		says         string
	}{
		{http.MethodGet, "/healthz", http.StatusOK, `"status":"ok"`},
		{http.MethodHead, "/healthz", http.StatusOK, ""},
		{http.MethodGet, "/readyz", http.StatusServiceUnavailable, `"reason":"the server is starting`},
		{http.MethodGet, "/v1/auth_audits", http.StatusServiceUnavailable, `"error_code":"UNAVAILABLE"`},
		{http.MethodPost, "/graphql", http.StatusServiceUnavailable, `"code":"UNAVAILABLE"`},
		{http.MethodGet, "/", http.StatusServiceUnavailable, "the server is starting"},
	} {
		got := fetch(t, test.method, url+test.path, "")
		if got.status != test.status || !strings.Contains(got.body, test.says) {
			t.Errorf("%s %s answers %d %s", test.method, test.path, got.status, got.body)
		}
	}
	if said := log.String(); strings.Contains(said, "listening on") {
		t.Errorf("it says %s", said)
	}
}

func TestAConnectionOutlivesTheStart(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	opened := 0
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		opened++
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}}
	defer client.CloseIdleConnections()
	front := answerOn(listener, defaultConfig(), slog.New(slog.DiscardHandler))
	defer front.close()
	for _, want := range []int{http.StatusServiceUnavailable, http.StatusTeapot} {
		answer, err := client.Get(urlOf(listener) + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("it answers %d, want %d", answer.StatusCode, want)
		}
		front.leadTo(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	}
	if opened != 1 {
		t.Errorf("%d connections were opened", opened)
	}
}
