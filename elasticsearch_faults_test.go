package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/store/elastic/elastictest"
)

// While its cluster cannot be reached the server says so in the words of each of
// its APIs, and when to try again; once the cluster is back all is as before.
func TestAServerOutlivesItsCluster(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]struct {
		begin, end func(*elastictest.FaultyProxy)
	}{
		"refuses connections": {(*elastictest.FaultyProxy).Down, (*elastictest.FaultyProxy).Up},
		"does not answer":     {(*elastictest.FaultyProxy).Silence, (*elastictest.FaultyProxy).Heal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := elastictest.Proxy(t, elastictest.URL(t))
			url, _, _ := startServer(t, t.TempDir(), "127.0.0.1:0", "--store", "elasticsearch", "--elasticsearch-url", proxy.URL(),
				"--elasticsearch-index-prefix", elastictest.Prefix(t), "--elasticsearch-replicas", "0", "--request-timeout", "3s")
			tailed, stopTail := tailOf(t, url)
			eventually(t, "the first event is stored", func() bool { return postEvent(t, url, "before", 1).status == http.StatusCreated })

			fault.begin(proxy)
			for range 3 {
				requireUnavailableREST(t, "bulk", postEvent(t, url, "meanwhile", 2))
				requireUnavailableREST(t, "list", fetch(t, http.MethodGet, url+"/v1/auth_audits", ""))
				found := answer(t, url, `{"query":"{authAudits(first: 5) {nodes {uniqueId}}}"}`)
				if !strings.Contains(found, `"UNAVAILABLE"`) || strings.Contains(found, "127.0.0.1") {
					t.Errorf("GraphQL answers %s", found)
				}
			}
			if status, _ := get(t, url+"/readyz"); status != http.StatusServiceUnavailable {
				t.Errorf("it says that it is ready: %d", status)
			}
			if status, _ := get(t, url+"/healthz"); status != http.StatusOK {
				t.Errorf("it says that it is not well: %d", status)
			}

			fault.end(proxy)
			eventually(t, "what was refused is stored", func() bool { return postEvent(t, url, "meanwhile", 2).status == http.StatusCreated })
			eventually(t, "it is ready again", func() bool { status, _ := get(t, url+"/readyz"); return status == http.StatusOK })
			var data struct {
				AuthAudits struct{ Nodes []struct{ UniqueID string } }
			}
			ask(t, url, `{authAudits(first: 5) {nodes {uniqueId}}}`, &data)
			if got := fmt.Sprint(data.AuthAudits.Nodes); got != "[{meanwhile} {before}]" {
				t.Errorf("it holds %s", got)
			}
			eventually(t, "the tail goes on", func() bool {
				return strings.Count(tailed.String(), "before") == 1 && strings.Count(tailed.String(), "meanwhile") == 1
			})
			stopTail()
		})
	}
}

// reply is what a test looks at of an HTTP answer.
type reply struct {
	status     int
	retryAfter string
	body       string
}

func fetch(t *testing.T, method, url, body string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{answer.StatusCode, answer.Header.Get("Retry-After"), string(text)}
}

// postEvent sends an event of the given hour through the documented API.
func postEvent(t *testing.T, url, id string, hour int) reply {
	t.Helper()
	const event = `{"events":[{"unique_id":%q,"create_time":"2026-03-01T0%d:00:00Z","event":{"event_name":"Authentication","subsystem":"auth","result":"Success"}}]}`
	return fetch(t, http.MethodPost, url+"/v1/bulk_audit_events", fmt.Sprintf(event, id, hour))
}

// requireUnavailableREST checks a refusal of the documented API.
func requireUnavailableREST(t *testing.T, what string, got reply) {
	t.Helper()
	var body struct {
		Code    string `json:"error_code"`
		Message string `json:"error_message"`
	}
	if err := json.Unmarshal([]byte(got.body), &body); err != nil || body.Code != "UNAVAILABLE" || body.Message == "" || strings.Contains(body.Message, "127.0.0.1") {
		t.Errorf("%s: %s, %v", what, got.body, err)
	}
	if seconds, err := strconv.Atoi(got.retryAfter); got.status != http.StatusServiceUnavailable || err != nil || seconds < 1 {
		t.Errorf("%s: %d, Retry-After %q", what, got.status, got.retryAfter)
	}
}
