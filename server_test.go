package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const sample = "testdata/sample-events.ndjson"

// sampleEvents is how many different events the sample holds.
const sampleEvents = 3142

// outcome is what a command printed and how it ended.
type outcome struct {
	code     int
	out, err string
}

// noEnv is an environment without variables.
func noEnv(string) (string, bool) { return "", false }

// authtrail runs the program to its end.
func authtrail(t *testing.T, args ...string) outcome {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), args, noEnv, streams{strings.NewReader(""), &out, &errs})
	return outcome{code, out.String(), errs.String()}
}

// mustRun runs the program and requires that it succeeds.
func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	got := authtrail(t, args...)
	if got.code != exitOK {
		t.Fatalf("authtrail %s: exit code %d: %s", strings.Join(args, " "), got.code, got.err)
	}
	return got.out
}

// lockedBuffer can be written by a server while a test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// serverIn runs a server on a data folder until the test ends, or stop is
// called, and returns its URL. Stopping requires a clean end.
func serverIn(t *testing.T, dir string) (url string, stop func()) {
	t.Helper()
	url, _, stop = startServer(t, dir, "127.0.0.1:0")
	return url, stop
}

// serverAt is serverIn at an address that was free a moment ago.
func serverAt(t *testing.T, dir, listen string) (url string) {
	t.Helper()
	url, _, _ = startServer(t, dir, listen)
	return url
}

func startServer(t *testing.T, dir, listen string, flags ...string) (url string, log *lockedBuffer, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	log = &lockedBuffer{}
	ended := make(chan int, 1)
	go func() {
		args := append([]string{"serve", "--listen", listen, "--data", dir, "--log-level", "warn"}, flags...)
		ended <- run(ctx, args, noEnv, streams{strings.NewReader(""), io.Discard, log})
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if code := <-ended; code != exitOK {
			t.Errorf("the server ended with %d:\n%s", code, log.String())
		}
	})
	t.Cleanup(stop)
	eventually(t, "the server listens", func() bool {
		_, said, listening := strings.Cut(log.String(), "listening on ")
		address, _, whole := strings.Cut(said, ",")
		url = address
		return listening && whole
	})
	return url, log, stop
}

// eventually waits until a condition holds, for at most half a minute.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("did not come true in half a minute: %s", what)
}

// ask runs a GraphQL query and decodes its data.
func ask(t *testing.T, url, query string, data any) {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"query": query})
	answer, err := http.Post(url+"/graphql", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	result := struct {
		Data   any
		Errors []struct{ Message string }
	}{Data: data}
	if err := json.NewDecoder(answer.Body).Decode(&result); err != nil {
		t.Fatal(err)
	}
	if len(result.Errors) > 0 {
		t.Fatalf("%s: %s", query, result.Errors[0].Message)
	}
}

// get returns the status and body of an HTTP answer.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestARequestThatDoesNotEndIsCutOffWhenTheServerStops(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var log lockedBuffer
	ended := make(chan int, 1)
	go func() {
		args := []string{"serve", "--listen", "127.0.0.1:0", "--data", data, "--drain-timeout", "50ms"}
		ended <- run(ctx, args, noEnv, streams{strings.NewReader(""), io.Discard, &log})
	}()
	var url string
	eventually(t, "the server listens", func() bool {
		address, err := os.ReadFile(filepath.Join(data, addressFile))
		url = strings.TrimSpace(string(address))
		return err == nil && url != ""
	})
	slow, body := io.Pipe()
	defer body.Close()
	go func() {
		if answer, err := http.Post(url+"/v1/bulk_audit_events", "application/json", slow); err == nil {
			answer.Body.Close()
		}
	}()
	if _, err := body.Write([]byte(`{"ev`)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the request is under way", func() bool {
		_, metrics := get(t, url+"/metrics")
		return strings.Contains(metrics, "authtrail_http_requests_in_flight 2")
	})
	cancel()
	if code := <-ended; code != exitFailed || !strings.Contains(log.String(), "cut off") {
		t.Errorf("ended with %d: %s", code, log.String())
	}
}
