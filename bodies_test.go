package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// pipe is a listener whose one connection stays inside a test, and so within its time.
type pipe struct{ ends chan net.Conn }

func (p pipe) Accept() (net.Conn, error) {
	end, open := <-p.ends
	if !open {
		return nil, net.ErrClosed
	}
	return end, nil
}

func (pipe) Close() error   { return nil }
func (pipe) Addr() net.Addr { return &net.TCPAddr{} }

// connectTo serves a handler, within the deadlines of the program, over one connection.
func connectTo(t *testing.T, handler http.Handler) net.Conn {
	t.Helper()
	listener := pipe{make(chan net.Conn, 1)}
	server := newHTTPServer(bodyInTime(handler), 30*time.Second, slog.New(slog.DiscardHandler))
	go func() { _ = server.Serve(listener) }()
	ours, theirs := net.Pipe()
	listener.ends <- theirs
	t.Cleanup(func() {
		ours.Close()
		close(listener.ends)
		server.Close()
	})
	return ours
}

// sender sends a body in parts, one after each pause.
type sender struct {
	part, parts int
	pause       time.Duration
}

// body sends until nobody listens, which the end of the test waits for.
func (s sender) body(t *testing.T, to net.Conn) {
	var sending sync.WaitGroup
	sending.Go(func() { s.send(to) })
	t.Cleanup(func() {
		to.Close()
		sending.Wait()
	})
}

func (s sender) send(to net.Conn) {
	part := strings.Repeat("x", s.part)
	for range s.parts {
		if _, err := to.Write([]byte(part)); err != nil {
			return
		}
		time.Sleep(s.pause)
	}
}

func TestABodyMustKeepPace(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		sends    sender
		complete bool
		within   time.Duration
	}{
		{"all at once", sender{16 << 20, 1, 0}, true, 0},
		{"a large one over a thin line", sender{32 << 10, 512, time.Second}, true, 512 * time.Second},
		{"a byte now and then", sender{1, 1000, 10 * time.Second}, false, 21 * time.Second},
		{"too slowly from the beginning", sender{10 << 10, 1000, 5 * time.Second}, false, 43 * time.Second},
		{"much, and then nothing", sender{10 << 20, 2, 25 * time.Second}, false, 20 * time.Second},
		{"without end", sender{64 << 10, 10_000, time.Second}, false, 10 * time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ended := make(chan error, 1)
				connection := connectTo(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					_, err := io.Copy(io.Discard, r.Body)
					ended <- err
				}))
				began := time.Now()
				fmt.Fprintf(connection, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", test.sends.part*test.sends.parts)
				test.sends.body(t, connection)
				err := <-ended
				if took := time.Since(began); test.complete && err != nil || !test.complete && !errors.Is(err, os.ErrDeadlineExceeded) || took > test.within {
					t.Errorf("after %s, %v", took, err)
				}
				if _, err := http.ReadResponse(bufio.NewReader(connection), nil); err != nil {
					t.Errorf("no answer: %v", err)
				}
			})
		})
	}
}

// The deadline is the body's alone: a handler may take longer than that.
func TestAHandlerMayTakeLongerThanItsBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		connection := connectTo(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if _, err := io.ReadAll(r.Body); err != nil {
				t.Error(err)
			}
			select {
			case <-time.After(bodyPace.pause + time.Second):
			case <-r.Context().Done():
			}
			ended <- r.Context().Err()
		}))
		fmt.Fprint(connection, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")
		if err := <-ended; err != nil {
			t.Errorf("the request ended early: %v", err)
		}
		if _, err := http.ReadResponse(bufio.NewReader(connection), nil); err != nil {
			t.Errorf("no answer: %v", err)
		}
	})
}

// Who is refused must not hold a connection by a body that goes on.
func TestTheBodyOfARefusedRequestIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/graphql", "/v1/audit_destinations"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				connection := connectTo(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					refuse(w, r, &audit.Error{Code: audit.Unauthenticated, Message: "no"})
				}))
				began := time.Now()
				fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\n\r\n", path)
				sender{1 << 10, 1000, 100 * time.Millisecond}.body(t, connection)
				answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
				if took := time.Since(began); err != nil || answer.StatusCode != http.StatusUnauthorized || took > 6*time.Second {
					t.Errorf("after %s: %v, %v", took, answer, err)
				}
			})
		})
	}
}

// Nor must who asks for what needs no token, or for what is not there.
func TestABodyThatNobodyReadsIsNotWaitedForForLong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		method  string
		handler http.HandlerFunc
	}{
		"sent to what is not there":          {http.MethodPost, http.NotFound},
		"sent with a question, long answers": {http.MethodGet, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 64<<10)) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				connection := connectTo(t, test.handler)
				began := time.Now()
				fmt.Fprintf(connection, "%s / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n", test.method)
				answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
				if took := time.Since(began); err != nil || !answer.Close || took > 6*time.Second {
					t.Errorf("after %s: %v, %v", took, answer, err)
				}
			})
		})
	}
}
