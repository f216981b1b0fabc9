package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/authtrail/authtrail/audit"
)

type callerKey struct{}

func newSchema() *testSchema {

	return &testSchema{
		root: map[string]resolver{
			"hello": func(context.Context, graphql.CollectedField) (any, error) { return "world", nil },
			"touch": func(context.Context, graphql.CollectedField) (any, error) { return "touched", nil },
			"secret": func(context.Context, graphql.CollectedField) (any, error) {
				return nil, errors.New("password=hunter2")
			},
			"panics": func(context.Context, graphql.CollectedField) (any, error) { panic("password=hunter2") },
			"slow": func(ctx context.Context, _ graphql.CollectedField) (any, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			},
			"whoami": func(ctx context.Context, _ graphql.CollectedField) (any, error) {
				return ctx.Value(callerKey{}), nil
			},
		},
		streams: map[string]func(context.Context, func(any) bool) error{
			"ticks": func(_ context.Context, emit func(any) bool) error {
				for i := 1; i <= 3 && emit(i); i++ {
				}
				return nil
			},
			"silence": func(ctx context.Context, _ func(any) bool) error { <-ctx.Done(); return nil },
			"lasting": func(ctx context.Context, emit func(any) bool) error { emit(1); <-ctx.Done(); return nil },
			"refused": func(context.Context, func(any) bool) error {
				return &audit.Error{Code: audit.Forbidden, Message: "not yours"}
			},
			"panics": func(_ context.Context, emit func(any) bool) error { emit("panic"); return nil },
			"lines": func(_ context.Context, emit func(any) bool) error {
				emit(json.RawMessage("{\n\"a\":\r\n1}"))
				return nil
			},
			"flood": func(_ context.Context, emit func(any) bool) error {
				for page := strings.Repeat("x", 1<<16); emit(page); {
				}
				return nil
			},
		},
	}
}

// quiet has the options of a test: short times, and a log that nobody reads.
func quiet(change ...func(*Options)) Options {
	options := Options{
		Introspection: true,
		KeepAlive:     time.Hour,
		Logger:        slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	for _, apply := range change {
		apply(&options)
	}
	return options
}

// start serves the test schema on a real connection.
func start(t *testing.T, change ...func(*Options)) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(New(newSchema(), quiet(change...)))
	t.Cleanup(server.Close)
	return server
}

// ask runs a request on the handler itself.
func ask(t *testing.T, request *http.Request, change ...func(*Options)) *httptest.ResponseRecorder {
	t.Helper()
	recorder := httptest.NewRecorder()
	New(newSchema(), quiet(change...)).ServeHTTP(recorder, request)
	return recorder
}

// post makes a request from a body; headers are given as pairs of name and value.
func post(body string, headers ...string) *http.Request {
	request := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return request
}

func query(document string) string {
	body, _ := json.Marshal(map[string]string{"query": document})
	return string(body)
}

// reply is a response as a client sees it.
type reply struct {
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Extensions map[string]any
	}
}

func decode(t *testing.T, body string) reply {
	t.Helper()
	var answer reply
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatalf("the body is not JSON: %v\n%s", err, body)
	}
	return answer
}

// expectError fails unless the body holds an error of that code whose message
// contains the words, and no data entry at all.
func expectError(t *testing.T, body string, code audit.Code, words string) {
	t.Helper()
	answer := decode(t, body)
	if len(answer.Errors) == 0 {
		t.Fatalf("no errors in %s", body)
	}
	if strings.Contains(body, `"data"`) {
		t.Errorf("a request error has a data entry: %s", body)
	}
	first := answer.Errors[0]
	if first.Extensions["code"] != string(code) || !strings.Contains(first.Message, words) {
		t.Errorf("got %v %q, want %s with %q", first.Extensions["code"], first.Message, code, words)
	}
}
