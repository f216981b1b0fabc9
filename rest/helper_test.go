package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/secret"
	"github.com/authtrail/authtrail/indexer"
	"github.com/authtrail/authtrail/store/sqlite"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// server is the API on a store of its own, asked over HTTP as principal.
type server struct {
	testing.TB
	store            *sqlite.Store
	destinationStore *destination.Store
	url              string
	principal        audit.Principal
}

func newServer(t *testing.T) *server {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	kept := destinationsIn(t, store)
	s := serve(t, Options{Searcher: store, Ingester: indexer.New(store, indexer.Options{}), Destinations: kept})
	s.store, s.destinationStore = store, kept
	return s
}

// destinationsIn returns the destinations of a store, with a key for their secrets.
func destinationsIn(t *testing.T, store *sqlite.Store) *destination.Store {
	t.Helper()
	keys, err := secret.Parse(secret.Generate())
	if err != nil {
		t.Fatal(err)
	}
	vault := secret.New(secret.Options{Registry: store, Keys: keys})
	return destination.New(destination.Options{Registry: store, Vault: vault, Folder: destination.Folder{Path: t.TempDir()}})
}

// serve mounts the API as the program does.
func serve(t testing.TB, options Options) *server {
	t.Helper()
	options.Now = func() time.Time { return now }
	s := &server{TB: t, principal: audit.Everyone()}
	routes := chi.NewRouter()
	routes.Use(middleware.RequestID, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(audit.WithPrincipal(r.Context(), s.principal)))
		})
	})
	routes.Mount("/v1", New(options))
	web := httptest.NewServer(routes)
	t.Cleanup(web.Close)
	s.url = web.URL
	return s
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (s *server) do(method, path string, body io.Reader, header ...string) answer {
	s.Helper()
	if !strings.HasPrefix(path, s.url) {
		path = s.url + path
	}
	r, err := http.NewRequestWithContext(s.Context(), method, path, body)
	if err != nil {
		s.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		s.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, content}
}

// list is an answer of one of the two lists.
type list struct {
	answer
	rows []map[string]any
	next string
}

// get asks for a list that must be answered; params are names and values.
func (s *server) get(path string, params ...string) list {
	s.Helper()
	values := url.Values{}
	for i := 0; i < len(params); i += 2 {
		values.Add(params[i], params[i+1])
	}
	l := list{answer: s.do(http.MethodGet, path+"?"+values.Encode(), nil)}
	if l.status != http.StatusOK {
		s.Fatalf("GET %s %s: %d %s", path, values.Encode(), l.status, l.body)
	}
	var document map[string]json.RawMessage
	decode(s.TB, l.body, &document)
	decode(s.TB, document[strings.TrimPrefix(path, "/v1/")], &l.rows)
	if page, ok := document["page_at_id"]; ok {
		decode(s.TB, page, &l.next)
	}
	return l
}

// values returns a member of each row.
func (l list) values(member string) []string {
	values := []string{}
	for _, row := range l.rows {
		values = append(values, fmt.Sprint(row[member]))
	}
	return values
}

type outcomes struct {
	Success []outcome `json:"success_events"`
	Discard []outcome `json:"discard_events"`
	Retry   []outcome `json:"retry_events"`
	Delay   float64   `json:"retry_after_delay_seconds"`
}

type outcome struct {
	ID      string          `json:"unique_id"`
	Status  string          `json:"status"`
	Message string          `json:"status_message"`
	Event   json.RawMessage `json:"event"`
}

func (s *server) post(body string) outcomes {
	s.Helper()
	got := s.do(http.MethodPost, "/v1/bulk_audit_events", strings.NewReader(body))
	if got.status != http.StatusCreated {
		s.Fatalf("POST: %d %s", got.status, got.body)
	}
	var read outcomes
	decode(s.TB, got.body, &read)
	if read.Success == nil || read.Discard == nil || read.Retry == nil {
		s.Fatalf("a list is missing: %s", got.body)
	}
	return read
}

// send stores events, all of which must be new.
func (s *server) send(events ...string) {
	s.Helper()
	if got := s.post(bulkOf(events...)); len(got.Discard)+len(got.Retry) > 0 {
		s.Fatalf("not stored: %+v", got)
	}
}

func bulkOf(events ...string) string { return `{"events":[` + strings.Join(events, ",") + `]}` }

// at is an event at a second after midnight.
func at(second int, id, members string) string {
	stamp := time.Date(2026, 11, 1, 0, 0, second, 0, time.UTC).Format(time.RFC3339)
	return fmt.Sprintf(`{"unique_id":%q,"create_time":%q,"event":{%s}}`, id, stamp, members)
}

// refused checks an error's status, shape, code, and that its message mentions something.
func refused(t *testing.T, got answer, status int, code audit.Code, mention string) {
	t.Helper()
	var body map[string]string
	decode(t, got.body, &body)
	if got.status != status || body["error_code"] != string(code) || len(body) != 2 ||
		!strings.Contains(body["error_message"], mention) {
		t.Errorf("got %d %s, want %d %s mentioning %q", got.status, bytes.TrimSpace(got.body), status, code, mention)
	}
	if got.header.Get("Cache-Control") != "no-store" {
		t.Error("an error may be kept by caches")
	}
	if kind := got.header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("an error of type %q", kind)
	}
}

func decode(t testing.TB, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%v in %.300s", err, text)
	}
}
