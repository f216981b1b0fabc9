package client_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/client"
)

func TestTheClientSaysWhatItIs(t *testing.T) {
	t.Parallel()
	named := make(chan string, 1)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { named <- r.UserAgent() }))
	t.Cleanup(other.Close)
	server, err := client.New(other.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	server.UserAgent = "authtrail/v1.2.3"
	_ = server.Query(t.Context(), "{viewer{subject}}", nil, new(struct{}))
	if got := <-named; got != "authtrail/v1.2.3" {
		t.Errorf("it says that it is %q", got)
	}
}

func TestAServerThatIsNotAuthtrailIsSaidToBeNone(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{`<html>`, `{"error":"Incorrect HTTP method for uri [/graphql]","status":405}`, `{}`} {
		other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusMethodNotAllowed)
			_, _ = io.WriteString(w, answer)
		}))
		t.Cleanup(other.Close)
		server, err := client.New(other.URL, "")
		if err != nil {
			t.Fatal(err)
		}
		err = server.Query(t.Context(), "{viewer{subject}}", nil, new(struct{}))
		if err == nil || !strings.Contains(err.Error(), "the server answered 405 and no GraphQL; is it one of Authtrail") {
			t.Errorf("to %s said %v", answer, err)
		}
	}
}
