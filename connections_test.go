package main

import (
	"bufio"
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

// say sends a request over a bare connection and returns the answer.
func say(t *testing.T, connection net.Conn, request string) (answer *http.Response, body string) {
	t.Helper()
	fmt.Fprint(connection, strings.ReplaceAll(request, "\n", "\r\n"))
	answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatalf("%.40q: %v", request, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(text)
}

func getOver(t *testing.T, connection net.Conn, path string) (answer *http.Response, body string) {
	t.Helper()
	return say(t, connection, "GET "+path+" HTTP/1.1\nHost: localhost\n\n")
}

// occupy begins a request that goes on until the connection is closed.
func occupy(t *testing.T, url string) net.Conn {
	t.Helper()
	connection := dial(t, url)
	fmt.Fprintf(connection, "POST /v1/bulk_audit_events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n")
	if line, err := bufio.NewReader(connection).ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		t.Fatalf("%s, %v", line, err)
	}
	return connection
}

func TestAServerThatIsFullSaysSoAndHowItIs(t *testing.T) {
	t.Parallel()
	url, log, _ := startServer(t, t.TempDir(), "127.0.0.1:0", "--max-connections", "1")
	first := occupy(t, url)
	for path, want := range map[string]string{"/healthz": `"ok"`, "/readyz": `"ok"`, "/metrics": "go_goroutines"} {
		if answer, body := getOver(t, dial(t, url), path); answer.StatusCode != http.StatusOK || !answer.Close || !strings.Contains(body, want) {
			t.Errorf("%s: %s, closes %t: %.200s", path, answer.Status, answer.Close, body)
		}
	}
	for request, want := range map[string]string{
		"GET /v1/auth_audits HTTP/1.1\nHost: localhost\n\n":                                           `{"error_code":"UNAVAILABLE"`,
		"POST /graphql HTTP/1.1\nHost: localhost\nContent-Length: 24\n\n{\"query\":\"{__typename}\"}": `{"errors":[{"message":"all connections of this server are taken`,
		"GET /graphiql/ HTTP/1.1\nHost: localhost\n\n":                                                "",
	} {
		answer, body := say(t, dial(t, url), request)
		if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") != "1" || !answer.Close || !strings.HasPrefix(body, want) {
			t.Errorf("%.30q: %s, closes %t: %s", request, answer.Status, answer.Close, body)
		}
	}
	if !strings.Contains(log.String(), "all connections are taken") {
		t.Errorf("the log says %s", log.String())
	}
	first.Close()
	eventually(t, "there is room again", func() bool {
		answer, _ := getOver(t, dial(t, url), "/v1/auth_audits")
		return answer.StatusCode == http.StatusOK
	})
}

func TestAnIdleConnectionMakesRoomForANewOne(t *testing.T) {
	t.Parallel()
	url, _, _ := startServer(t, t.TempDir(), "127.0.0.1:0", "--max-connections", "2")
	busy, silent, used := occupy(t, url), dial(t, url), dial(t, url) // the last has taken the place of the silent one
	if answer, _ := getOver(t, used, "/v1/auth_audits"); answer.StatusCode != http.StatusOK || answer.Close {
		t.Errorf("the third: %s", answer.Status)
	}
	expectClosed(t, "silent", silent)
	eventually(t, "the third is idle again and makes room, too", func() bool {
		answer, _ := getOver(t, dial(t, url), "/v1/auth_audits")
		return answer.StatusCode == http.StatusOK
	})
	expectClosed(t, "used and idle", used)
	if answer, _ := say(t, busy, fmt.Sprintf("%100s", `{"events":[]}`)); answer.StatusCode != http.StatusCreated {
		t.Errorf("the one that was busy throughout: %s", answer.Status)
	}
}

func expectClosed(t *testing.T, which string, connection net.Conn) {
	t.Helper()
	if n, err := connection.Read(make([]byte, 1)); n > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection that is %s is open: %d, %v", which, n, err)
	}
}

// However many wait beyond the bound and say nothing, the next is heard.
func TestSilentConnectionsDoNotKeepHealthChecksOut(t *testing.T) {
	t.Parallel()
	url, _, _ := startServer(t, t.TempDir(), "127.0.0.1:0", "--max-connections", "1")
	occupy(t, url)
	first := dial(t, url)
	for range 2 * spareConnections {
		dial(t, url)
	}
	if answer, _ := getOver(t, dial(t, url), "/healthz"); answer.StatusCode != http.StatusOK {
		t.Errorf("got %s", answer.Status)
	}
	expectClosed(t, "the first to be spare", first)
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
	if configured.WriteTimeout != bodyPace.pause+30*time.Second+answerTimeout || configured.ReadHeaderTimeout <= 0 || configured.IdleTimeout <= 0 {
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
