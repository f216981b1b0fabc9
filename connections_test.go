package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// dial opens a bare connection to a server.
func dial(t *testing.T, url string) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	if err := connection.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return connection
}

func TestConnectionsBeyondTheBoundWaitUntilOneCloses(t *testing.T) {
	t.Parallel()
	url, log, _ := startServer(t, t.TempDir(), "127.0.0.1:0", "--max-connections", "1")
	first := dial(t, url)
	fmt.Fprintf(first, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
	answers := bufio.NewReader(first)
	if answer, err := http.ReadResponse(answers, nil); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("the first: %v, %v", answer, err)
	}
	second := dial(t, url)
	fmt.Fprintf(second, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
	eventually(t, "the log says that all are taken", func() bool { return strings.Contains(log.String(), "all connections are taken") })
	first.Close()
	if answer, err := http.ReadResponse(bufio.NewReader(second), nil); err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("the second, after the first has closed: %v, %v", answer, err)
	}
}

func TestClosingAFullListenerEndsAccept(t *testing.T) {
	t.Parallel()
	open, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := boundConnections(open, 1, slog.New(slog.DiscardHandler))
	dial(t, "http://"+open.Addr().String())
	if _, err := listener.Accept(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { _, err := listener.Accept(); ended <- err }()
	listener.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// A body that comes a byte at a time is given up in the end, and the request is
// answered by whoever wanted the body.
func TestABodyThatDoesNotArriveIsNotWaitedForForEver(t *testing.T) {
	t.Parallel()
	read := make(chan error, 1)
	server := httptest.NewServer(bodyWithin(50 * time.Millisecond)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		read <- err
	})))
	t.Cleanup(server.Close)
	connection := dial(t, server.URL)
	fmt.Fprintf(connection, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
	if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("reading the body ended with %v", err)
	}
	if _, err := http.ReadResponse(bufio.NewReader(connection), nil); err != nil {
		t.Errorf("no answer: %v", err)
	}
}

// The deadline is the body's alone: a handler may take longer than that.
func TestAHandlerMayTakeLongerThanItsBody(t *testing.T) {
	t.Parallel()
	const patience = 50 * time.Millisecond
	ended := make(chan error, 1)
	server := httptest.NewServer(bodyWithin(patience)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(r.Context(), 4*patience)
		defer cancel()
		<-ctx.Done()
		ended <- ctx.Err()
	})))
	t.Cleanup(server.Close)
	answer, err := http.Post(server.URL, "text/plain", strings.NewReader("a body"))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the request ended early: %v", err)
	}
}

func TestHeadersOverTheLimitAreRefused(t *testing.T) {
	t.Parallel()
	url, _ := serverIn(t, t.TempDir())
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Padding", strings.Repeat("x", 2*maxHeader))
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %s", answer.Status)
	}
}

// A reader that takes nothing of a long answer is cut off.
func TestAnAnswerThatIsNotReadIsGivenUp(t *testing.T) {
	t.Parallel()
	failed := make(chan error, 1)
	endless := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for page := make([]byte, 1<<20); ; {
			if _, err := w.Write(page); err != nil {
				failed <- err
				return
			}
		}
	})
	configured := newHTTPServer(endless, 30*time.Second, slog.New(slog.DiscardHandler))
	if configured.WriteTimeout != bodyTimeout+30*time.Second+answerTimeout || configured.ReadHeaderTimeout <= 0 || configured.IdleTimeout <= 0 {
		t.Errorf("deadlines %v, %v, %v", configured.WriteTimeout, configured.ReadHeaderTimeout, configured.IdleTimeout)
	}
	configured.WriteTimeout = 100 * time.Millisecond
	server := httptest.NewUnstartedServer(endless)
	server.Config = configured
	server.Start()
	t.Cleanup(server.Close)
	fmt.Fprintf(dial(t, server.URL), "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("writing ended with %v", err)
	}
}
