package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/graph"
	"github.com/authtrail/authtrail/graph/node"
	"github.com/authtrail/authtrail/graph/server"
)

// alwaysPage is a store whose every search finds the same page, so that what is
// measured is what GraphQL itself costs.
type alwaysPage struct {
	node.Records
	page audit.Page
}

func (s alwaysPage) Search(context.Context, audit.Query) (audit.Page, error) { return s.page, nil }

func fiftyRecords(b *testing.B) audit.Page {
	b.Helper()
	var page audit.Page
	for i := range 50 {
		record, err := audit.DecodeEvent(json.RawMessage(fmt.Sprintf(`{"unique_id":"bench-%09d","create_time":"2026-11-08T12:00:00Z",
			"event":{"subsystem":"auth","time":"2026-11-08T12:00:00.%06dZ","event_name":"Policy Evaluation","result":"Success",
			"org_id":"org-001","user_id":"user-%06d","upstream_user_id":"person%d@org1.example","application_name":"Water SCADA",
			"upstream_idp":"google","request_id":"req-%020x","trace_id":"%032x","session":"ses-%020x","source_ip":"10.1.0.%d",
			"user_agent":"Mozilla/5.0 (X11; Linux x86_64; rv:134.0) Gecko/20100101 Firefox/134.0"}}`, i, 50-i, i, i, i, i, i, i)), "")
		if err != nil {
			b.Fatal(err)
		}
		page.Hits = append(page.Hits, audit.Hit{Record: record})
	}
	return page
}

// BenchmarkPage asks for the latest 50 records of an org, as `make bench` does,
// through the handler that serves /graphql.
func BenchmarkPage(b *testing.B) {
	const question = `query($v: String!) { list: authAudits(filter: {orgId: {eq: $v}}) { nodes { time uniqueId orgId eventName result userId ` +
		`upstreamUserId applicationName upstreamIdp sourceIp requestId session traceId userAgent } } }`
	quiet := slog.New(slog.DiscardHandler)
	schema := graph.New(graph.Deps{Store: alwaysPage{page: fiftyRecords(b)}, Now: time.Now, Logger: quiet})
	handler := server.New(schema, server.Options{Logger: quiet, ErrorPresenter: graph.ErrorPresenter(quiet)})
	body, err := json.Marshal(map[string]any{"query": question, "variables": map[string]any{"v": "org-001"}})
	if err != nil {
		b.Fatal(err)
	}
	ask := func(answer http.ResponseWriter) {
		request := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(string(body)))
		request.Header.Set("Content-Type", "application/json")
		handler.ServeHTTP(answer, request.WithContext(audit.WithPrincipal(request.Context(), audit.Everyone())))
	}
	answer := httptest.NewRecorder()
	if ask(answer); strings.Count(answer.Body.String(), `"uniqueId":"bench-`) != 50 {
		b.Fatalf("the answer has not 50 records: %s", answer.Body)
	}
	b.ReportAllocs()
	for b.Loop() {
		ask(unread{http.Header{}})
	}
}

// unread is an answer that nobody reads.
type unread struct{ header http.Header }

func (u unread) Header() http.Header            { return u.header }
func (u unread) WriteHeader(int)                {}
func (u unread) Write(body []byte) (int, error) { return len(body), nil }
