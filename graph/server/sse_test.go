package server

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// subscribe opens a stream of a subscription's field, over the server's protocol.
func subscribe(t *testing.T, server *httptest.Server, field string) (*http.Response, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader(query("subscription { "+field+" }")))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	if response.StatusCode != http.StatusOK {
		t.Fatalf("got status %d", response.StatusCode)
	}
	return response, cancel
}

func readAll(t *testing.T, response *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// untilComment reads to the next comment.
func untilComment(t *testing.T, stream *bufio.Reader) {
	t.Helper()
	for {
		line, err := stream.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, ":") {
			return
		}
	}
}

// overBoth runs a test over HTTP/1.1 and HTTP/2, which fail in different ways.
func overBoth(t *testing.T, run func(t *testing.T, server *httptest.Server), change ...func(*Options)) {
	t.Helper()
	for _, name := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(New(newSchema(), quiet(change...)))
			if name == "HTTP/2.0" {
				server.EnableHTTP2 = true
				server.StartTLS()
			} else {
				server.Start()
			}
			t.Cleanup(server.Close)
			run(t, server)
		})
	}
}

const complete = "event: complete\ndata:\n\n"

func TestAStreamHasItsEventsAndItsEnd(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, server *httptest.Server) {
		response, _ := subscribe(t, server, "ticks")
		want := ":\n\n" +
			"event: next\ndata: {\"data\":{\"ticks\":1}}\n\n" +
			"event: next\ndata: {\"data\":{\"ticks\":2}}\n\n" +
			"event: next\ndata: {\"data\":{\"ticks\":3}}\n\n" + complete
		if got := readAll(t, response); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		for name, value := range map[string]string{
			"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store", "X-Accel-Buffering": "no",
		} {
			if response.Header.Get(name) != value {
				t.Errorf("%s is %q, want %q", name, response.Header.Get(name), value)
			}
		}
	})
}

func TestAStreamCanBeReadByGetAndCarryAQuery(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		"subscription { t: ticks }": ":\n\nevent: next\ndata: {\"data\":{\"t\":1}}\n\n",
		"{ hello }":                 ":\n\nevent: next\ndata: {\"data\":{\"hello\":\"world\"}}\n\n" + complete,
	} {
		answer := ask(t, getQuery(document, "Accept", "text/event-stream"))
		if !strings.HasPrefix(answer.Body.String(), want) {
			t.Errorf("%s: got %q, want %q", document, answer.Body, want)
		}
	}
}

func TestLinesInTheDataDoNotEndTheEvent(t *testing.T) {
	t.Parallel()
	answer := ask(t, getQuery("subscription { lines }", "Accept", "text/event-stream"))
	if want := `data: {"data":{"lines":{ "a":  1}}}` + "\n\n"; !strings.Contains(answer.Body.String(), want) {
		t.Errorf("got %q, want %q in it", answer.Body, want)
	}
}

func TestAStreamReportsErrorsAsEvents(t *testing.T) {
	t.Parallel()
	for field, code := range map[string]string{"refused": "FORBIDDEN", "panics": "INTERNAL"} {
		got := ask(t, getQuery("subscription { "+field+" }", "Accept", "text/event-stream")).Body.String()
		if !strings.Contains(got, `event: next`) || !strings.Contains(got, code) || !strings.HasSuffix(got, complete) || strings.Contains(got, "defect") {
			t.Errorf("%s: got %q", field, got)
		}
	}
}

// A quiet stream is kept alive, and nothing is written once the handler has
// returned: a keep-alive then crashes the process or, with -race, fails here.
func TestKeepAlivesNeverOutliveTheHandler(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, server *httptest.Server) {
		for range 20 {
			response, leave := subscribe(t, server, "silence")
			stream := bufio.NewReader(response.Body)
			for range 3 {
				untilComment(t, stream)
			}
			leave()
		}
	}, func(o *Options) { o.KeepAlive = 100 * time.Microsecond })
}

func TestStoppingTheServerCompletesItsStreams(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"by Stop", "by the server's context"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, stop := context.WithCancel(t.Context())
			var options Options
			server := httptest.NewUnstartedServer(nil)
			if name == "by Stop" {
				options = quiet(func(o *Options) { o.Stop = ctx.Done() })
			} else {
				options = quiet()
				server.Config.BaseContext = func(net.Listener) context.Context { return ctx }
			}
			server.Config.Handler = New(newSchema(), options)
			server.Start()
			t.Cleanup(server.Close)
			response, _ := subscribe(t, server, "silence")
			stream := bufio.NewReader(response.Body)
			untilComment(t, stream)
			stop()
			rest, err := io.ReadAll(stream)
			if err != nil || strings.TrimLeft(string(rest), "\n") != complete {
				t.Errorf("got %q, %v, want a complete event", rest, err)
			}
		})
	}
}

func TestAStalledReaderIsDropped(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, server *httptest.Server) {
		returned := make(chan struct{})
		handler := server.Config.Handler
		server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			handler.ServeHTTP(w, r)
			close(returned)
		})
		subscribe(t, server, "flood") // and never read
		select {
		case <-returned:
		case <-time.After(10 * time.Second):
			t.Error("the stream still waits for its reader")
		}
	}, func(o *Options) { o.WriteTimeout = 50 * time.Millisecond })
}

// wrapped is a ResponseWriter as middleware makes it: only Unwrap leads on.
type wrapped struct{ inner http.ResponseWriter }

func (w wrapped) Header() http.Header         { return w.inner.Header() }
func (w wrapped) Write(b []byte) (int, error) { return w.inner.Write(b) }
func (w wrapped) WriteHeader(status int)      { w.inner.WriteHeader(status) }
func (w wrapped) Unwrap() http.ResponseWriter { return w.inner }

func TestAStreamFlushesThroughWrappedWriters(t *testing.T) {
	t.Parallel()
	handler := New(newSchema(), quiet())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(wrapped{w}, r)
	}))
	t.Cleanup(server.Close)
	response, leave := subscribe(t, server, "silence")
	untilComment(t, bufio.NewReader(response.Body))
	leave()
}
