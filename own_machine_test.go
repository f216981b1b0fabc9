package main

import (
	"net/http"
	"strings"
	"testing"
)

func TestWebPagesOfOtherSitesCannotUseTheServer(t *testing.T) {
	t.Parallel()
	url, _ := serverIn(t, t.TempDir())
	for _, test := range []struct {
		name, method, path, host, header, value string
		want                                    int
	}{
		{"a name that leads here", "GET", "/v1/auth_audits", "evil.example:8080", "", "", http.StatusForbidden},
		{"the same for GraphQL", "POST", "/graphql", "evil.example", "", "", http.StatusForbidden},
		{"a page that posts events", "POST", "/v1/bulk_audit_events", "", "Origin", "https://evil.example", http.StatusForbidden},
		{"the same in a new browser", "POST", "/v1/bulk_audit_events", "", "Sec-Fetch-Site", "cross-site", http.StatusForbidden},
		{"our own page", "POST", "/v1/bulk_audit_events", "", "Origin", url, http.StatusCreated},
		{"a client that is no browser", "POST", "/v1/bulk_audit_events", "", "", "", http.StatusCreated},
		{"localhost", "GET", "/v1/auth_audits", "LOCALHOST:9", "", "", http.StatusOK},
		{"IPv6", "GET", "/v1/auth_audits", "[::1]", "", "", http.StatusOK},
	} {
		r, err := http.NewRequestWithContext(t.Context(), test.method, url+test.path, strings.NewReader(`{"events":[]}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = test.host
		if test.header != "" {
			r.Header.Set(test.header, test.value)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != test.want {
			t.Errorf("%s: %d, want %d", test.name, answer.StatusCode, test.want)
		}
	}
}

func TestHealthAnswersHEAD(t *testing.T) {
	t.Parallel()
	url, _ := serverIn(t, t.TempDir())
	answer, err := http.Head(url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("got %s", answer.Status)
	}
}
