package main

import (
	"net/http"
	"strings"
	"testing"
)

func TestEachCallerMayAskForSoMuchAMinuteOverAllProtocols(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	limited := guardedServer(t, "--jwt-hs256-secret-file", g.secret, "--rate-limit", "60", "--rate-burst", "1000")
	one, two := g.token("one", "owner"), g.token("two", "owner")

	answer, body := limited.do(one, http.MethodGet, "/v1/auth_audits?limit=500", "")
	if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("RateLimit"), `"cost";r=500;`) {
		t.Fatalf("the first list: %s, RateLimit %q, %s", answer.Status, answer.Header.Get("RateLimit"), body)
	}
	query := `{"query":"{authAudits(first: 100) {nodes {id uniqueId time}}}"}` // costs some 400
	if answer, body := limited.do(one, http.MethodPost, "/graphql", query); answer.StatusCode != http.StatusOK || strings.Contains(body, "errors") {
		t.Fatalf("a query that is within the limit: %s %s", answer.Status, body)
	}
	answer, body = limited.do(one, http.MethodPost, "/graphql", query)
	if answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") == "" ||
		!strings.Contains(body, `"RATE_LIMITED"`) || !strings.Contains(body, `"retryAfter":`) {
		t.Errorf("the second query: %s %s", answer.Status, body)
	}
	answer, body = limited.do(one, http.MethodGet, "/v1/auth_audits", "")
	if answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") == "" || !strings.Contains(body, `"RATE_LIMITED"`) {
		t.Errorf("the second list: %s %s", answer.Status, body)
	}
	if answer, body := limited.do(one, http.MethodPost, "/graphql", `{"query":"{loginFlows(first: 500) {nodes {id requestId outcome}}}"}`); answer.StatusCode != http.StatusOK ||
		!strings.Contains(body, `"TOO_COMPLEX"`) || !strings.Contains(body, "at most 1000 at once") {
		t.Errorf("a query that costs more than there ever is: %s %s", answer.Status, body)
	}
	if answer, body := limited.do(two, http.MethodGet, "/v1/auth_audits", ""); answer.StatusCode != http.StatusOK {
		t.Errorf("another caller: %s %s", answer.Status, body)
	}
	if answer, _ := g.do(one, http.MethodGet, "/v1/auth_audits", ""); answer.Header.Get("RateLimit") != "" {
		t.Errorf("without --rate-limit: RateLimit %q", answer.Header.Get("RateLimit"))
	}
}
