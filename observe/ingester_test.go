package observe_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/observe"
)

// ingester answers every call alike.
type ingester struct {
	statuses []audit.EventStatus
	err      error
}

func (i ingester) Ingest(context.Context, audit.Principal, []json.RawMessage) ([]audit.EventStatus, error) {
	return i.statuses, i.err
}

func TestEventsAreCountedByWhatBecameOfThem(t *testing.T) {
	t.Parallel()
	m := observe.NewMetrics()
	events := make([]json.RawMessage, 4)
	answered := ingester{statuses: []audit.EventStatus{
		{Status: audit.StatusSuccess}, {Status: audit.StatusDuplicate}, {Status: audit.StatusSuccess}, {Status: audit.StatusInvalid},
	}}
	statuses, err := m.Ingester(answered).Ingest(t.Context(), audit.Everyone(), events)
	if err != nil || len(statuses) != len(events) {
		t.Errorf("got %v, %v", statuses, err)
	}
	full := errors.New("the queue is full")
	if _, err := m.Ingester(ingester{err: full}).Ingest(t.Context(), audit.Everyone(), events); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	scraped := httptest.NewRecorder()
	m.Handler().ServeHTTP(scraped, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for status, n := range map[string]string{"success": "2", "duplicate": "1", "invalid": "1", "refused": "4"} {
		if line := `authtrail_ingest_events_total{status="` + status + `"} ` + n; !strings.Contains(scraped.Body.String(), line+"\n") {
			t.Errorf("the metrics lack %s", line)
		}
	}
}
