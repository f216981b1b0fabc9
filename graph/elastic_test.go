package graph_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/store/elastic"
	"github.com/authtrail/authtrail/store/elastic/elastictest"
)

// wire counts the requests to a server, and how many of them followed one another:
// those on their way at the same time are one round.
type wire struct {
	proxy *httputil.ReverseProxy

	mu       sync.Mutex
	delay    time.Duration
	requests []string
	under    int // way
	rounds   int
}

func (w *wire) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	w.mu.Lock()
	if w.under == 0 {
		w.rounds++
	}
	w.under++
	w.requests = append(w.requests, request.URL.Path)
	delay := w.delay
	w.mu.Unlock()
	time.Sleep(delay) // so long that what is sent at once meets
	w.proxy.ServeHTTP(answer, request)
	w.mu.Lock()
	w.under--
	w.mu.Unlock()
}

// count forgets what was sent, and delays what will be.
func (w *wire) count() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delay, w.requests, w.rounds = 100*time.Millisecond, nil, 0
}

// elasticAPI returns an API over stores of its own on a real server.
func elasticAPI(t *testing.T) (*api, *wire) {
	t.Helper()
	target, err := url.Parse(elastictest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{proxy: httputil.NewSingleHostReverseProxy(target)}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	prefix := elastictest.Prefix(t)
	options := elastic.Options{URLs: []string{server.URL}, IndexPrefix: prefix, Replicas: -1}
	records, err := elastic.Open(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	options.IndexPrefix, options.Format = prefix+"-flows", flow.Format()
	flows, err := elastic.Open(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	s := stores{records, flows}
	t.Cleanup(s.close)
	return apiOver(t, s), w
}

// TestAJoinedViewTakesFewRoundTripsToElasticsearch counts the requests that come to
// a real server.
func TestAJoinedViewTakesFewRoundTripsToElasticsearch(t *testing.T) {
	t.Parallel()
	a, w := elasticAPI(t)
	a.add(t, deniedAttempts(60)...)
	const view = `query($id: String!) { loginFlow(requestId: $id) { outcome verdict { text clauses { text records { uniqueId } } }
	  records { uniqueId } links { record { uniqueId } via strength } traces { nodes { traceId records { nodes { uniqueId } } } }
	  sessionView { sessionId records { nodes { uniqueId } } audits { nodes { uniqueId action } } } } }`
	for range 2 { // the first time finds out where things are
		w.count()
		var data struct {
			LoginFlow struct {
				Outcome string
				Records []struct{ UniqueID string }
			}
		}
		if a.ask(t, view, variables{"id": "r-7"}, &data); data.LoginFlow.Outcome != "DENIED" || len(data.LoginFlow.Records) != 2 {
			t.Fatalf("got %+v", data)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if slices.Sort(w.requests); w.rounds > 2 || len(w.requests) > 4 {
		t.Errorf("%d requests, %d of them behind each other: %q", len(w.requests), w.rounds, w.requests)
	}
}

func TestFlowsOnElasticsearchAreThoseOnSQLite(t *testing.T) {
	t.Parallel()
	events := append([]string{step("alone", "03:00:00", `"event_name":"Token","result":"Success","user_id":"cid"`)}, attempts...)
	elastic, _ := elasticAPI(t)
	elastic.add(t, events...)
	sqlite := newAPI(t, events...)
	for _, document := range []string{
		`{ authAudits { nodes { uniqueId loginFlow { id outcome verdict { text } } } } }`,
		`{ loginFlows(orderBy: {field: DURATION}) { totalCount nodes { id outcome stages { eventName gapMs } } facets(fields: [OUTCOME, STAGE, VIA]) { values { value count } } } }`,
		`{ loginFlows(search: "outcome:abandoned OR failed_stage:policy*", orderBy: {field: ENDED_AT}) { nodes { requestId } } }`,
		`{ session(id: "s") { attempts { totalCount nodes { requestId } } } loginFunnel(by: APPLICATION) { flows groups { value flows } } }`,
		`{ loginFlowShapes { shapes { shape count example { id verdict { text } } } } correlate(by: {session: "s"}) { nodes { key } links { strength } } }`,
	} {
		var want, got json.RawMessage
		sqlite.ask(t, document, nil, &want)
		if elastic.ask(t, document, nil, &got); string(got) != string(want) {
			t.Errorf("%s\non Elasticsearch: %s\non SQLite: %s", document, got, want)
		}
	}
}
