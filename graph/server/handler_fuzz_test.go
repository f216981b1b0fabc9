package server

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

// FuzzBodies sends any body as a request: the answer is JSON that says what is
// wrong, and never that the server is.
func FuzzBodies(f *testing.F) {
	for _, body := range []string{helloQuery, query(bomb(3)), query(nested(2)), query(aliases(30)), `{"query":"{ hello(name: {}) }"}`,
		`{"query":"query($n: Int) { loginFlows(first: $n) { totalCount } }","variables":{"n":1e99}}`,
		`{"query":"mutation($e: [Event!]!) { send(events: $e) { results { id } } }","variables":{"e":[{"id":[]}]}}`,
		`{"documentId":"x","extensions":{"persistedQuery":{"sha256Hash":7}}}`, `[]`, `{"query":7}`, "\xff", ``} {
		f.Add([]byte(body))
	}
	schema := newSchema()
	delete(schema.root, "panics") // it is there to panic
	delete(schema.root, "secret")
	delete(schema.root, "slow")
	handler := New(schema, quiet())
	f.Fuzz(func(t *testing.T, body []byte) {
		recorder := &fuzzed{header: http.Header{}}
		handler.ServeHTTP(recorder, post(string(body)))
		var answer reply
		if err := json.Unmarshal(recorder.body, &answer); err != nil {
			t.Fatalf("answered %d %q: %v", recorder.status, recorder.body, err)
		}
		if recorder.status >= http.StatusInternalServerError {
			t.Fatalf("answered %d %s", recorder.status, recorder.body)
		}
		for _, err := range answer.Errors {
			if code := err.Extensions["code"]; code == string(audit.Internal) || code == nil || err.Message == "" {
				t.Fatalf("answered %s", recorder.body)
			}
		}
	})
}

// fuzzed keeps an answer. It has no deadlines to set, like a recorder, and no
// flushing, so that nothing is streamed.
type fuzzed struct {
	header http.Header
	status int
	body   []byte
}

func (a *fuzzed) Header() http.Header { return a.header }

func (a *fuzzed) WriteHeader(status int) { a.status = status }

func (a *fuzzed) Write(p []byte) (int, error) {
	a.body = append(a.body, p...)
	return len(p), nil
}
