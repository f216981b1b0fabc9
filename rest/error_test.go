package rest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

func TestOnlyTheOwnOrgIsSeen(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.send(at(1, "a", `"event_name":"1","org_id":"mine"`), at(2, "b", `"event_name":"2","org_id":"theirs"`))
	s.principal = audit.MemberOf("s", "mine", audit.RoleViewer)
	for _, params := range [][]string{nil, {"org_id", "mine"}} {
		if got := s.get("/v1/auth_audits", params...).values("org_id"); !slices.Equal(got, []string{"mine"}) {
			t.Errorf("%v: got %v", params, got)
		}
	}
	refused(t, s.do(http.MethodGet, "/v1/auth_audits?org_id=theirs", nil), 403, audit.Forbidden, "org_id")
	s.principal = audit.MemberOf("s", "mine", audit.RoleNone)
	refused(t, s.do(http.MethodGet, "/v1/audits", nil), 403, audit.Forbidden, "role")
	s.principal = audit.Principal{}
	refused(t, s.do(http.MethodGet, "/v1/audits", nil), 403, audit.Forbidden, "role")
}

func TestUnknownPathsAndMethodsAreAnsweredInJSON(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, path := range []string{"/v1/nothing", "/v1/audit_destinations/7/8", "/v1/audits/7"} {
		refused(t, s.do(http.MethodGet, path, nil), 404, audit.NotFound, path)
	}
	for _, test := range [][3]string{{"DELETE", "/v1/audits", "GET"}, {"GET", "/v1/bulk_audit_events", "POST"}, {"PATCH", "/v1/openapi.json", "GET"}, {"POST", "/v1/audit_destinations/7", "GET, PUT, DELETE"}} {
		got := s.do(test[0], test[1], nil)
		refused(t, got, 405, methodNotAllowedCode, strings.ReplaceAll(test[2], ", ", " or "))
		if allow := strings.Join(got.header.Values("Allow"), ", "); allow != test[2] {
			t.Errorf("%s %s: Allow %q, want %s", test[0], test[1], allow, test[2])
		}
	}
}

// searcher fails as it is told to.
type searcher struct{ err error }

func (s searcher) Search(context.Context, audit.Query) (audit.Page, error) {
	return audit.Page{}, s.err
}

func TestErrorsOfTheStore(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	broken := serve(t, Options{Searcher: searcher{errors.New("secret detail")}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	got := broken.do(http.MethodGet, "/v1/audits", nil, "X-Request-Id", "req-7")
	refused(t, got, 500, audit.Internal, "req-7")
	if strings.Contains(string(got.body), "secret") {
		t.Errorf("the answer tells what went wrong: %s", got.body)
	}
	if !strings.Contains(log.String(), "secret detail") || !strings.Contains(log.String(), "request_id=req-7") {
		t.Errorf("the log does not tell what went wrong: %s", log.String())
	}
	closed := serve(t, Options{Searcher: searcher{&audit.Error{Code: audit.Unavailable, Message: "closed"}}})
	got = closed.do(http.MethodGet, "/v1/audits", nil)
	refused(t, got, 503, audit.Unavailable, "closed")
	if got.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After: %q", got.header.Get("Retry-After"))
	}
}

// patience is a searcher that answers when the caller has waited long enough.
type patience struct{}

func (patience) Search(ctx context.Context, _ audit.Query) (audit.Page, error) {
	<-ctx.Done()
	return audit.Page{}, ctx.Err()
}

func TestAListThatTakesTooLongIsGivenUp(t *testing.T) {
	t.Parallel()
	got := serve(t, Options{Searcher: patience{}, Timeout: time.Millisecond}).do(http.MethodGet, "/v1/audits", nil)
	refused(t, got, 503, audit.Unavailable, "too long")
}

func TestARefusalBeforeTheAPIHasItsShape(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		reason *audit.Error
		status int
		header string
	}{
		"no token":      {&audit.Error{Code: audit.Unauthenticated, Message: "who?"}, http.StatusUnauthorized, "Bearer"},
		"not allowed":   {&audit.Error{Code: audit.Forbidden, Message: "who?"}, http.StatusForbidden, ""},
		"not right now": {&audit.Error{Code: audit.Unavailable, Message: "who?", RetryAfter: 1500 * time.Millisecond}, http.StatusServiceUnavailable, "2"},
	} {
		w := httptest.NewRecorder()
		body := strings.NewReader("what nobody reads")
		Refuse(w, httptest.NewRequest(http.MethodPost, "/v1/bulk_audit_events", body), test.reason)
		want := `{"error_code":"` + string(test.reason.Code) + `","error_message":"who?"}` + "\n"
		said := w.Header().Get("WWW-Authenticate") + w.Header().Get("Retry-After")
		if w.Code != test.status || said != test.header || w.Body.String() != want || body.Len() != 0 {
			t.Errorf("%s: %d %v %s, %d bytes unread", name, w.Code, w.Header(), w.Body, body.Len())
		}
	}
}
