package rest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestPagesNeitherRepeatNorSkip(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var events []string
	for i := range 20 {
		events = append(events, at(i/10, fmt.Sprintf("e%02d", i), fmt.Sprintf(`"event_name":"%02d"`, i)))
	}
	s.send(events...)
	for _, limit := range []int{1, 3, 10, 19} {
		want := s.get("/v1/auth_audits").values("event_name")
		var got []string
		page := s.get("/v1/auth_audits", "limit", fmt.Sprint(limit), "dt_from", "now-1month")
		for pages := 0; ; pages++ {
			got = append(got, page.values("event_name")...)
			if page.next == "" {
				break
			}
			if len(page.rows) != limit || pages > len(events) {
				t.Fatalf("limit %d: a page of %d rows leads on", limit, len(page.rows))
			}
			s.send(at(3600+limit*100+pages, fmt.Sprintf("new-%d-%d", limit, pages), `"event_name":"new","org_id":"new"`))
			page = s.get("/v1/auth_audits", "limit", fmt.Sprint(limit), "dt_to", page.next)
		}
		if !slices.Equal(got, want) {
			t.Errorf("limit %d: got %v, want %v", limit, got, want)
		}
	}
}

func TestAFullPageLeadsOnEvenIfNothingFollows(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.send(at(1, "a", `"event_name":"1"`), at(2, "b", `"event_name":"2"`))
	page := s.get("/v1/auth_audits", "limit", "2")
	if page.next == "" || !strings.HasPrefix(page.next, "c") {
		t.Fatalf("page_at_id %q, want one that begins with a letter", page.next)
	}
	if rest := s.get("/v1/auth_audits", "limit", "2", "dt_to", page.next); len(rest.rows) != 0 || rest.next != "" || rest.header.Get("Link") != "" {
		t.Errorf("after the end: %s", rest.body)
	}
}

func TestTheLinkLeadsToTheNextPage(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.send(at(1, "a", `"event_name":"1","user_id":"a b"`), at(2, "b", `"event_name":"2","user_id":"a b"`), at(3, "c", `"event_name":"3"`))
	page := s.get("/v1/auth_audits", "limit", "1", "user_id", "a b", "dt_from", "now-1month")
	link := page.header.Get("Link")
	target, ok := strings.CutSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
	if !ok {
		t.Fatalf("Link: %s", link)
	}
	if u, err := url.Parse(target); err != nil || u.Query().Get("dt_from") != "2026-10-22T12:00:00Z" {
		t.Errorf("the link %s does not fix the relative date", target)
	}
	if got := s.do(http.MethodGet, target, nil); !strings.Contains(string(got.body), `"event_name":"1"`) {
		t.Errorf("%s answers %s", target, got.body)
	}
}

func TestLinksBeginWithThePublicURL(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.send(at(1, "a", `"event_name":"1"`))
	public := serve(t, Options{Searcher: s.store, PublicURL: "https://audit.example"})
	if link := public.get("/v1/auth_audits", "limit", "1").header.Get("Link"); !strings.HasPrefix(link, "<https://audit.example/v1/auth_audits?") {
		t.Errorf("Link: %s", link)
	}
}

func TestAPageThatEndsAtItsBytesLeadsOn(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	large := `"description":"` + strings.Repeat("much to say ", 80_000) + `"`
	var want []string
	for i := range 20 {
		name := fmt.Sprintf("%02d", 19-i)
		s.send(at(19-i, name, `"event_name":"`+name+`",`+large))
		want = append(want, name)
	}
	page := s.get("/v1/auth_audits")
	if len(page.rows) == 20 || page.next == "" || page.header.Get("Link") == "" {
		t.Fatalf("a page of %d rows, page_at_id %q", len(page.rows), page.next)
	}
	rest := s.get("/v1/auth_audits", "dt_to", page.next)
	if got := append(page.values("event_name"), rest.values("event_name")...); !slices.Equal(got, want) || rest.next != "" {
		t.Errorf("got %v, want %v", got, want)
	}
}
