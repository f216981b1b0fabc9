package server

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

const (
	greeting = "query Greeting { hello }"
	touching = "mutation Touching { touch }"
	quiet1   = "subscription Quiet { ticks(to: 1) }"
)

// written returns the path of a file with that content.
func written(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// trusting has a server run three documents only.
func trusting(t *testing.T) func(*Options) {
	t.Helper()
	manifest, err := json.Marshal(map[string]string{"greeting": greeting, "touching": touching, "quiet": quiet1})
	if err != nil {
		t.Fatal(err)
	}
	documents, err := ReadDocuments(written(t, "manifest.json", string(manifest)))
	if err != nil {
		t.Fatal(err)
	}
	if err := documents.Check(testSDL, Limits{}); err != nil {
		t.Fatal(err)
	}
	return func(o *Options) { o.Documents = documents }
}

func hashOf(document string) string {
	sum := sha256.Sum256([]byte(document))
	return hex.EncodeToString(sum[:])
}

func TestOnlyTrustedDocumentsAreRun(t *testing.T) {
	t.Parallel()
	trust := trusting(t)
	const persisted = `"extensions":{"persistedQuery":{"version":1,"sha256Hash":"HASH"}}`
	for _, test := range []struct {
		name, body string
		status     int
		says       string
	}{
		{"by its id", `{"documentId":"greeting"}`, 200, `"hello":"world"`},
		{"a mutation", `{"documentId":"touching"}`, 200, `"touch":"touched"`},
		{"by the proposal's hash", `{"documentId":"sha256:` + hashOf(greeting) + `"}`, 200, `"hello":"world"`},
		{"by the hash alone", `{"documentId":"` + hashOf(greeting) + `"}`, 200, `"hello":"world"`},
		{"as Apollo's clients say it", `{` + strings.Replace(persisted, "HASH", hashOf(greeting), 1) + `}`, 200, `"hello":"world"`},
		{"by its text", query(greeting), 200, `"hello":"world"`},
		{"by text and id", `{"query":"` + greeting + `","documentId":"greeting"}`, 200, `"hello":"world"`},
		{"another text", query("{ hello }"), 403, "only registered documents"},
		{"a text with one more space", query(greeting + " "), 403, "only registered documents"},
		{"an unknown id", `{"documentId":"other"}`, 403, "no document is registered"},
		{"an unknown hash", `{` + strings.Replace(persisted, "HASH", hashOf("{ hello }"), 1) + `}`, 403, "no document is registered"},
		{"a hash for another text", `{"query":"{ hello }",` + strings.Replace(persisted, "HASH", hashOf(greeting), 1) + `}`, 403, "only registered documents"},
		{"an id for another text", `{"query":"` + greeting + `","documentId":"touching"}`, 400, "stands for another document"},
		{"nothing", `{}`, 400, "query: is missing"},
		{"an id that is no text", `{"documentId":7}`, 400, "documentId: must be a string"},
		{"introspection", query("{ __schema { types { name } } }"), 403, "only registered documents"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := ask(t, post(test.body), trust)
			if got.Code != test.status || !strings.Contains(got.Body.String(), test.says) {
				t.Errorf("%d %s", got.Code, got.Body)
			}
			if test.status == http.StatusForbidden {
				expectError(t, got.Body.String(), audit.Forbidden, test.says)
			}
		})
	}
}

func TestTrustedDocumentsHoldForEveryTransport(t *testing.T) {
	t.Parallel()
	trust := trusting(t)
	byURL := ask(t, httptest.NewRequest(http.MethodGet, "/graphql?documentId="+url.QueryEscape("sha256:"+hashOf(greeting)), nil), trust)
	if !strings.Contains(byURL.Body.String(), "world") {
		t.Errorf("by GET: %s", byURL.Body)
	}
	if mutation := ask(t, httptest.NewRequest(http.MethodGet, "/graphql?documentId=touching", nil), trust); mutation.Code != http.StatusMethodNotAllowed {
		t.Errorf("a mutation by GET: %d %s", mutation.Code, mutation.Body)
	}
	if stream := ask(t, post(`{"documentId":"quiet"}`, "Accept", mediaEvents), trust); !strings.Contains(stream.Body.String(), `{"ticks":1}`) {
		t.Errorf("by server-sent events: %s", stream.Body)
	}
	socket := connect(t, start(t, trust))
	socket.say(`{"id":"1","type":"subscribe","payload":{"documentId":"quiet"}}`)
	socket.hear("next", `{"ticks":1}`)
	socket.subscribe("2", "{ hello }")
	for {
		m, err := socket.read()
		if err != nil {
			t.Fatal(err)
		}
		if m.ID == "2" {
			if m.Type != "error" || !strings.Contains(string(m.Payload), `"FORBIDDEN"`) {
				t.Errorf("over a WebSocket: %s %s", m.Type, m.Payload)
			}
			return
		}
	}
}

func TestADocumentIdWhereNoneIsRegisteredIsExplained(t *testing.T) {
	t.Parallel()
	expectError(t, ask(t, post(`{"documentId":"greeting"}`)).Body.String(), audit.BadUserInput, "no documents are registered here")
	if got := ask(t, post(`{"documentId":"greeting","query":"{ hello }"}`)); !strings.Contains(got.Body.String(), "world") {
		t.Errorf("with the query beside it: %s", got.Body)
	}
}

func TestManifestsOfOtherToolsAndFoldersAreRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, content := range map[string]string{
		"apollo.json":      `{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"one","name":"Greeting","type":"query","body":"` + greeting + `"}]}`,
		"relay.json":       `{"two":"` + touching + `"}`,
		"three.graphql":    quiet1,
		"readme.txt":       "is none",
		"documents.x.json": `{}`,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	documents, err := ReadDocuments(folder)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"one": greeting, "two": touching, "three": quiet1} {
		if got := documents.byID[id]; got != want {
			t.Errorf("%s is %q, want %q", id, got, want)
		}
	}
}

func TestWhatIsWrongWithTrustedDocumentsIsSaid(t *testing.T) {
	t.Parallel()
	for content, says := range map[string]string{
		`{"a":"{ nothing }"}`:             `document "a": line 1, column 3: Cannot query field "nothing"`,
		`{"a":"{ hello"}`:                 `document "a": line 1`,
		`{"a":"` + aliases(30) + `"}`:     `rootFields is 30, the maximum is 20`,
		`{"a":7}`:                         "is no manifest",
		`[]`:                              "read manifest",
		`{"operations":[{"id":"a"}]}`:     "operations[0]: needs an id and a body",
		`{}`:                              "has no documents",
		`{"a":"{ hello(name: {a: 1}) }"}`: `Expected value of type "String", found an object`,
		`{"operations":[{"id":"a","body":"{ hello }"},{"id":"a","body":"{ secret }"}]}`: `id "a": stands for two different documents`,
	} {
		documents, err := ReadDocuments(written(t, "manifest.json", content))
		if err == nil {
			err = documents.Check(testSDL, Limits{})
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", content, err, says)
		}
	}
	if _, err := ReadDocuments(filepath.Join(t.TempDir(), "nothing")); err == nil {
		t.Error("a path that does not exist is read")
	}
}

func TestAnObjectForAScalarIsTheCallersMistake(t *testing.T) {
	t.Parallel()
	for _, document := range []string{"{ hello(name: {}) }", "{ hello(name: {a: 1}) }", "{ nodes(ids: [{}]) { id } }", "{ loginFlows(first: {}) { totalCount } }"} {
		expectError(t, ask(t, post(query(document))).Body.String(), audit.BadUserInput, "found an object")
	}
}
