package elastic

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"go.uber.org/goleak"

	"github.com/authtrail/authtrail/audit"
)

// answering returns a client of a server that gives the answers that handle writes.
// It stands for what no test can make a real cluster say.
func answering(t testing.TB, handle http.HandlerFunc) *client {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return clientWith(t, Options{URLs: []string{server.URL}, RequestTimeout: 500 * time.Millisecond})
}

// clientWith returns a client with the options, which the test closes.
func clientWith(t testing.TB, options Options) *client {
	t.Helper()
	options, err := options.complete()
	if err != nil {
		t.Fatal(err)
	}
	c, err := newClient(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

func TestWhatAnswersMean(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   string // the beginning of the error
	}{
		"a success":                  {200, `{"timed_out":false,"_shards":{"total":1,"failed":0},"hits":{}}`, ""},
		"what only looks like one":   {200, `{"s":"\"timed_out\":true \"failed\":1"}`, ""},
		"a time-out":                 {200, `{"took":1,"timed_out":true,"hits":{}}`, "Elasticsearch took too long"},
		"failed shards":              {200, `{"_shards":{"total":2,"successful":1,"failed":1}}`, "Elasticsearch could answer only in part"},
		"failed shards of one of it": {200, `{"responses":[{"_shards":{"failed":0}},{"_shards":{"failed":3}}]}`, "Elasticsearch could answer only in part"},
		"no JSON":                    {200, `<html>`, "Elasticsearch's answer cannot be read"},
		"half an answer":             {200, `{"hits":{"hits":[`, "Elasticsearch's answer cannot be read"},
		"too many requests":          {429, `{"error":{"type":"x","reason":"y"},"status":429}`, "Elasticsearch is overloaded"},
		"no primary":                 {503, `{"error":{"type":"x","reason":"y"},"status":503}`, "Elasticsearch cannot answer now"},
		"no permission":              {403, `{"error":{"type":"x","reason":"y"},"status":403}`, "Elasticsearch refuses the credentials"},
		"not found":                  {404, `{"error":{"type":"index_not_found_exception","reason":"no such index"},"status":404}`, "elasticsearch answered 404 index_not_found_exception: no such index"},
		"a reason below it": {400, `{"error":{"root_cause":[{"type":"t","reason":"too many clauses"},{"type":"t","reason":"again"}],"type":"search_phase_execution_exception","reason":"all shards failed",` +
			`"caused_by":{"type":"c","reason":"deep"}},"status":400}`, "elasticsearch answered 400 search_phase_execution_exception: all shards failed: t: too many clauses: c: deep"},
		"a proxy's page":         {400, `<html>bad</html>`, "elasticsearch answered 400 : <html>bad</html>"},
		"an error in a sentence": {400, `{"error":"bad"}`, `elasticsearch answered 400 : {"error":"bad"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			es := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			})
			var answer map[string]any
			err := es.do(context.Background(), esapi.InfoRequest{}, &answer)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			var known *audit.Error
			if unavailable := errors.As(err, &known); unavailable != strings.HasPrefix(c.want, "Elasticsearch") || unavailable && (known.Code != audit.Unavailable || known.RetryAfter <= 0) {
				t.Errorf("the error is %#v", err)
			}
			if hasStatus(err, 404) != (c.status == 404) {
				t.Errorf("the status of %v is not told", err)
			}
		})
	}
}

func TestADeadClusterIsUnavailableAtOnceAndRecovers(t *testing.T) {
	t.Parallel()
	var dead atomic.Bool
	var asked atomic.Int32
	es := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if dead.Load() {
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write([]byte(`{}`))
	})
	ask := func() error { return es.do(context.Background(), esapi.InfoRequest{}, nil) }
	dead.Store(true)
	for range breakAfter {
		if err := ask(); audit.AsError(err).Code != audit.Unavailable {
			t.Fatalf("a dead cluster: %v", err)
		}
	}
	before := asked.Load()
	err := ask()
	var known *audit.Error
	if !errors.As(err, &known) || known.Code != audit.Unavailable || known.RetryAfter <= 0 || asked.Load() != before {
		t.Errorf("after several failures: %#v, and %d requests more; want none", err, asked.Load()-before)
	}
	dead.Store(false)
	for deadline := time.Now().Add(10 * time.Second); ask() != nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the client does not recover")
		}
	}
}

func TestARequestEndsWithItsContextAndWithTheClient(t *testing.T) {
	t.Parallel()
	begun, over := make(chan struct{}, 10), make(chan struct{})
	es := answering(t, func(http.ResponseWriter, *http.Request) { begun <- struct{}{}; <-over })
	t.Cleanup(func() { close(over) })
	es.timeout = time.Minute
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-begun; cancel() }()
	if err := es.do(ctx, esapi.InfoRequest{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("after its context ended: %v", err)
	}
	go func() { <-begun; es.shut() }()
	if err := es.do(context.Background(), esapi.InfoRequest{}, nil); audit.AsError(err).Message != errClosed().Error() {
		t.Errorf("after the client was closed: %v", err)
	}
}

func TestAnotherNodeAnswersWhereOneIsDead(t *testing.T) {
	t.Parallel()
	alive := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) }))
	t.Cleanup(alive.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	es := clientWith(t, Options{URLs: []string{gone.URL, alive.URL}})
	for range 6 {
		if err := es.do(context.Background(), esapi.InfoRequest{}, nil); err != nil {
			t.Errorf("with one node of two: %v", err)
		}
	}
}

func TestClosingLeavesNothingBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s, err := Open(context.Background(), testOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	statuses(t, s, event(t, "o", "a", testTime, ""))
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	goleak.VerifyNone(t, before)
	for name, err := range map[string]error{
		"ready": s.Ready(context.Background()),
		"append": func() error {
			_, err := s.Append(context.Background(), []*audit.Record{event(t, "o", "b", testTime, "")})
			return err
		}(),
	} {
		if audit.AsError(err).Code != audit.Unavailable {
			t.Errorf("%s after Close: %v", name, err)
		}
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	url := []string{"http://127.0.0.1:1"}
	for want, options := range map[string]Options{
		"no URL of Elasticsearch":         {},
		"is no URL of Elasticsearch":      {URLs: []string{"127.0.0.1:9200"}},
		"…@host":                          {URLs: []string{"ftp://user:secret@host"}},
		"not both":                        {URLs: url, CloudID: "x"},
		"cannot begin the name":           {URLs: url, IndexPrefix: "Upper"},
		"not day, week or month":          {URLs: url, Partition: "year"},
		"must be from 1 to 1024":          {URLs: url, Shards: -1},
		"must not be negative":            {URLs: url, Retention: -1},
		"an API key or a user":            {URLs: url, APIKey: "k", Username: "u"},
		"is not a cloud id":               {CloudID: "name:nonsense"},
		"read the certificate":            {URLs: url, CACertFile: "testdata/no-such-file"},
		"holds no certificate in PEM":     {URLs: url, CACertFile: "client_test.go"},
		"Elasticsearch cannot be reached": {URLs: url},
	} {
		s, err := Open(context.Background(), options)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: error %v, want %q", options, err, want)
		}
		if s != nil {
			t.Error("a store is returned with an error")
		}
	}
}

func TestCloudID(t *testing.T) {
	t.Parallel()
	for decoded, want := range map[string]string{
		"eu.example.com$abc$def":     "https://abc.eu.example.com:443",
		"eu.example.com:9243$abc":    "https://abc.eu.example.com:9243",
		"eu.example.com:9243$abc$$x": "https://abc.eu.example.com:9243",
	} {
		addresses, err := Options{CloudID: "my:" + base64.StdEncoding.EncodeToString([]byte(decoded))}.addresses()
		if err != nil || addresses[0].String() != want {
			t.Errorf("%s is %v, %v; want %s", decoded, addresses, err, want)
		}
	}
}
