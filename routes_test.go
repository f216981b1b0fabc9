package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestEveryDocumentedPathAnswers(t *testing.T) {
	t.Parallel()
	url, _ := serverIn(t, t.TempDir())
	for path, want := range map[string]string{
		"/":                           "GraphiQL",
		"/graphiql":                   "GraphiQL",
		"/graphql?query={__typename}": `"Query"`,
		"/v1/auth_audits":             `"auth_audits"`,
		"/v1/audits":                  `"audits"`,
		"/v1/openapi.json":            `"openapi"`,
		"/.well-known/jwks.json":      `{"keys":[]}`,
		"/healthz":                    `"ok"`,
		"/readyz":                     `"ok"`,
		"/metrics":                    "authtrail_http_requests_in_flight",
	} {
		if status, body := get(t, url+path); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("GET %s: %d, want 200 with %q in\n%.300s", path, status, want, body)
		}
	}
}

func TestAStoreThatHangsIsSoonSaidToBeUnready(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hanging := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		began, answer := time.Now(), httptest.NewRecorder()
		health(hanging)(answer, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		if answer.Code != http.StatusServiceUnavailable || !strings.Contains(answer.Body.String(), "took too long") {
			t.Errorf("answered %d %s", answer.Code, answer.Body)
		}
		if waited := time.Since(began); waited > 5*time.Second {
			t.Errorf("answered after %s", waited)
		}
	})
}

func TestAnUnknownPathOfTheAPIIsJSONAndNeverThePage(t *testing.T) {
	t.Parallel()
	url, _ := serverIn(t, t.TempDir())
	if status, body := get(t, url+"/v1/nonsense"); status != http.StatusNotFound || !strings.HasPrefix(body, `{"error_code"`) {
		t.Errorf("got %d %s", status, body)
	}
}

func TestMetricsCountRequestsStoreCallsAndEvents(t *testing.T) {
	t.Parallel()
	url, _ := serverIn(t, t.TempDir())
	send(t, url, "a-1", "a-1", "a-2")
	get(t, url+"/v1/auth_audits")
	answer(t, url, `{"query":"{nothing}"}`)
	_, metrics := get(t, url+"/metrics")
	for _, line := range []string{
		`authtrail_ingest_events_total{status="success"} 2`,
		`authtrail_ingest_events_total{status="duplicate"} 1`,
		`authtrail_store_calls_total{method="append",result="ok"} 1`,
		`authtrail_store_calls_total{method="search",result="ok"} 1`,
		`authtrail_http_requests_total{method="POST",route="/v1/bulk_audit_events",status="201"} 1`,
		`authtrail_graphql_errors_total{code="BAD_USER_INPUT"} 1`,
		`authtrail_ingest_queue_events 0`,
	} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("the metrics lack %s", line)
		}
	}
}
