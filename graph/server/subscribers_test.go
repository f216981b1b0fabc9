package server

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

// startFor serves callers by the name that they give themselves.
func startFor(t *testing.T, change ...func(*Options)) *httptest.Server {
	t.Helper()
	handler := New(newSchema(), quiet(change...))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller := audit.MemberOf(r.URL.Query().Get("as"), "one", audit.RoleViewer)
		handler.ServeHTTP(w, r.WithContext(audit.WithPrincipal(r.Context(), caller)))
	}))
	t.Cleanup(server.Close)
	return server
}

// listen opens a stream as somebody, and returns its status and what ends it.
func listen(t *testing.T, server *httptest.Server, as string) (*http.Response, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	request := post(query("subscription { silence }"), "Accept", mediaEvents)
	sent, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"?as="+as, request.Body)
	if err != nil {
		t.Fatal(err)
	}
	sent.Header = request.Header
	response, err := server.Client().Do(sent)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response, cancel
}

func TestACallerHasSoManySubscriptionsOverAllItsConnections(t *testing.T) {
	t.Parallel()
	server := startFor(t, func(o *Options) { o.MaxSubscriptionsPerCaller = 3 })
	_, end := listen(t, server, "")
	listen(t, server, "")
	socket := connect(t, server)
	socket.subscribe("third", "subscription { silence }")
	socket.subscribe("a query", "{ hello }") // is no subscription, and shows that the third is there
	socket.hear("next", "world")
	socket.hear("complete", "a query")

	socket.subscribe("fourth", "subscription { silence }")
	socket.hear("error", `"code":"RATE_LIMITED"`)
	refused, _ := listen(t, server, "")
	if refused.StatusCode != http.StatusTooManyRequests || refused.Header.Get("Retry-After") == "" {
		t.Errorf("got %s, Retry-After %q", refused.Status, refused.Header.Get("Retry-After"))
	}
	expectError(t, readAll(t, refused), audit.RateLimited, "at most 3 subscriptions")
	if other, _ := listen(t, server, "somebody"); other.StatusCode != http.StatusOK {
		t.Errorf("somebody else is refused: %s", other.Status)
	}

	end()
	for range 1000 { // the server hears of it in a moment
		if again, _ := listen(t, server, ""); again.StatusCode == http.StatusOK {
			return
		}
	}
	t.Error("the place of a stream that ended stays taken")
}

func TestAnEndedSubscriptionMakesRoomBeforeItsClientHearsOfIt(t *testing.T) {
	t.Parallel()
	socket := connect(t, startFor(t, func(o *Options) { o.MaxSubscriptionsPerCaller = 1 }))
	for i := range 20 {
		socket.subscribe(fmt.Sprint(i), "subscription { ticks(to: 1) }")
		for range 3 {
			socket.hear("next", "ticks")
		}
		socket.hear("complete", "")
	}
}

func TestTheDefaultsAllowACallerAThousandSubscriptions(t *testing.T) {
	t.Parallel()
	options := Options{}.withDefaults()
	handler := New(newSchema(), quiet())
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	for range 1000 / options.MaxSubscriptionsPerConnection {
		socket := connect(t, server)
		for i := range options.MaxSubscriptionsPerConnection {
			socket.subscribe(fmt.Sprint(i), "subscription { lasting }")
			socket.hear("next", "lasting")
		}
	}
	socket := connect(t, server)
	socket.subscribe("1001", "subscription { silence }")
	socket.hear("error", "at most 1000 subscriptions")
}
