package rest

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/indexer"
)

// spending serves the API and records what is spent.
func spending(t *testing.T, refuse func(cost int64) error) (*server, *[]int64) {
	t.Helper()
	s := newServer(t)
	spent := &[]int64{}
	return serve(t, Options{Searcher: s.store, Ingester: indexer.New(s.store, indexer.Options{}), Destinations: destinationsIn(t, s.store),
		Spend: func(_ context.Context, _ http.Header, cost int64) error {
			*spent = append(*spent, cost)
			return refuse(cost)
		}}), spent
}

func TestRequestsSpendWhatTheyAskFor(t *testing.T) {
	t.Parallel()
	s, spent := spending(t, func(int64) error { return nil })
	for _, test := range []struct {
		method, path, body string
		want               []int64
	}{
		{"GET", "/v1/auth_audits", "", []int64{500}},
		{"GET", "/v1/audits?limit=7", "", []int64{7}},
		{"POST", "/v1/bulk_audit_events", `{"events":[{},{},{}]}`, []int64{0, 3}},
		{"POST", "/v1/bulk_audit_events", `{"events":[]}`, []int64{0, 1}},
		{"GET", "/v1/audits?limit=none", "", []int64{1}},
		{"GET", "/v1/auth_audits?dt_from=never", "", []int64{1}},
		{"POST", "/v1/bulk_audit_events", `{"events":`, []int64{0, 1}},
		{"GET", "/v1/audit_destinations", "", []int64{1}},
		{"DELETE", "/v1/audit_destinations/x", "", []int64{1}},
		{"GET", "/v1/openapi.json", "", nil},
	} {
		*spent = nil
		s.do(test.method, test.path, strings.NewReader(test.body))
		if !slices.Equal(*spent, test.want) {
			t.Errorf("%s %s spent %v, want %v", test.method, test.path, *spent, test.want)
		}
	}
}

func TestWhoHasSpentTooMuchIsAnswered429(t *testing.T) {
	t.Parallel()
	s, _ := spending(t, func(int64) error {
		return &audit.Error{Code: audit.RateLimited, Message: "too much", RetryAfter: 1500 * time.Millisecond}
	})
	for path, method := range map[string]string{"/v1/auth_audits": "GET", "/v1/audits": "GET", "/v1/bulk_audit_events": "POST", "/v1/audit_destinations": "POST"} {
		got := s.do(method, path, strings.NewReader(`{"events":[{}]}`))
		if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "2" ||
			string(got.body) != `{"error_code":"RATE_LIMITED","error_message":"too much"}`+"\n" {
			t.Errorf("%s: %d, Retry-After %q, %s", path, got.status, got.header.Get("Retry-After"), got.body)
		}
	}
}

// A sender repeats what is answered 429 as it is, which would never succeed.
func TestABulkThatCostsMoreThanThereEverIsMustBeDivided(t *testing.T) {
	t.Parallel()
	s, _ := spending(t, func(cost int64) error {
		if cost > 2 {
			return &audit.Error{Code: audit.TooComplex, Message: "this costs 3, and a caller may ask for at most 2 at once"}
		}
		return nil
	})
	got := s.do("POST", "/v1/bulk_audit_events", strings.NewReader(`{"events":[{},{},{}]}`))
	if got.status != http.StatusRequestEntityTooLarge || !strings.Contains(string(got.body), "at most 2 at once; send fewer events") {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := s.do("GET", "/v1/audits?limit=3", nil); got.status != http.StatusBadRequest || !strings.Contains(string(got.body), "TOO_COMPLEX") {
		t.Errorf("got %d %s", got.status, got.body)
	}
}
