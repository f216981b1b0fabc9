package observe_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/observe"
)

// observed answers one request with the handler, behind everything of this
// package, and returns the answer, the log and the metrics.
func observed(ctx context.Context, handler http.HandlerFunc) (answer *httptest.ResponseRecorder, log, metrics string) {
	var lines bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&lines, nil))
	m := observe.NewMetrics()
	answer = httptest.NewRecorder()
	chain := observe.RequestID(m.HTTP(logger)(observe.Recover(logger)(handler)))
	chain.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, http.MethodGet, "/v1/auth_audits?user_id=somebody", nil))
	scraped := httptest.NewRecorder()
	m.Handler().ServeHTTP(scraped, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return answer, lines.String(), scraped.Body.String()
}

func TestTheLogNamesTheRequestAndNotWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	answer, log, _ := observed(t.Context(), func(http.ResponseWriter, *http.Request) {})
	id := answer.Header().Get("X-Request-Id")
	if id == "" || !strings.Contains(log, "request_id="+id) || !strings.Contains(log, "path=/v1/auth_audits") {
		t.Errorf("id %q, log %s", id, log)
	}
	if strings.Contains(log, "somebody") {
		t.Errorf("the log holds the query: %s", log)
	}
}

func TestAPanicAnswersTheRequestsIdAndNothingElse(t *testing.T) {
	t.Parallel()
	answer, log, _ := observed(t.Context(), func(http.ResponseWriter, *http.Request) { panic("secret") })
	want := `{"error_code":"INTERNAL","error_message":"internal error ` + answer.Header().Get("X-Request-Id") + `"}` + "\n"
	if answer.Code != http.StatusInternalServerError || answer.Body.String() != want {
		t.Errorf("answered %d %s", answer.Code, answer.Body)
	}
	if got := answer.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %s", got)
	}
	if !strings.Contains(log, "secret") {
		t.Errorf("the log does not say why: %s", log)
	}
}

func TestAClientThatDidNotWaitIsNoFailureOfTheServer(t *testing.T) {
	t.Parallel()
	unavailable := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		ctx           context.Context
		status, level string
	}{{gone, "499", "INFO"}, {t.Context(), "503", "WARN"}} {
		_, log, metrics := observed(test.ctx, unavailable)
		if !strings.Contains(log, "level="+test.level) || !strings.Contains(metrics, `status="`+test.status+`"} 1`) {
			t.Errorf("want %s at level %s, the log says %s", test.status, test.level, log)
		}
	}
}

func TestErrorsOfGraphQLAreCountedByCode(t *testing.T) {
	t.Parallel()
	m := observe.NewMetrics()
	m.GraphQLError(audit.BadUserInput)
	m.GraphQLError(audit.BadUserInput)
	m.GraphQLError(audit.Internal)
	scraped := httptest.NewRecorder()
	m.Handler().ServeHTTP(scraped, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, line := range []string{`authtrail_graphql_errors_total{code="BAD_USER_INPUT"} 2`, `authtrail_graphql_errors_total{code="INTERNAL"} 1`} {
		if !strings.Contains(scraped.Body.String(), line) {
			t.Errorf("the metrics lack %s", line)
		}
	}
}
