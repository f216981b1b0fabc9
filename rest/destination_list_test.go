package rest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

// destinationList is an answer of the list.
type destinationList struct {
	Limit        int
	Destinations []stored `json:"audit_destinations"`
	Info         *struct {
		On       []string `json:"page_on"`
		At       []string `json:"page_at_key"`
		Previous []string `json:"previous_key"`
	} `json:"page_info"`
}

func (s *server) destinations(query string) destinationList {
	s.Helper()
	got := s.do(http.MethodGet, destinationsPath+"?"+query, nil)
	if got.status != 200 {
		s.Fatalf("%s: %d %s", query, got.status, got.body)
	}
	var l destinationList
	decode(s.TB, got.body, &l)
	return l
}

func (l destinationList) names() string {
	names := make([]string, len(l.Destinations))
	for i, d := range l.Destinations {
		names[i], _ = d.Spec["name"].(string)
	}
	return strings.Join(names, " ")
}

// destinationParameters has, for each parameter of the list, a value with which
// the list is less than all, and the names that it has then.
var destinationParameters = map[string][2]string{
	"limit":            {"1&page_on=name", "None"},
	"org_id":           {"o2", "delta"},
	"destination_type": {"file&page_on=name", "None beta"},
	"name":             {"alpha", "alpha"},
	"external":         {"True", "alpha"},
	"page_on":          {"name&limit=2", "None alpha"},
	"page_at_key":      {"beta&page_on=name", "delta"},
	"page_sort":        {"desc&page_on=name&limit=2", "delta beta"},
	"search_direction": {"backwards&page_on=name&limit=3", "delta beta alpha"},
	"search_params":    {"LOG&search_params=x.LO", "beta"},
}

func TestEveryParameterOfTheListOfDestinations(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	file := func(name, file string) string {
		text := strings.Replace(webhook("o1", name, ""), "https://example.com/in", "file://./"+file, 1)
		return strings.Replace(text, `"webhook"`, `"file"`, 1)
	}
	s.create(webhook("o1", "alpha", `,"routing":{"external":true}`))
	s.create(file("beta", "x.log"))
	s.create(file("None", "y.text"))
	s.create(webhook("o2", "delta", ""))
	documented := readDocument(t).queryParameters(t, destinationsPath)
	if tested := slices.Sorted(maps.Keys(destinationParameters)); !slices.Equal(documented, tested) {
		t.Errorf("documented %v, tested %v", documented, tested)
	}
	for name, test := range destinationParameters {
		if got := s.destinations(name + "=" + test[0]).names(); got != test[1] {
			t.Errorf("%s=%s: %s, want %s", name, test[0], got, test[1])
		}
		if got := s.destinations(name + "=None&" + name + "=&page_on=name"); got.names() != "None alpha beta delta" || got.Limit != 500 {
			t.Errorf("%s was not given: %s", name, got.names())
		}
	}
	if got := s.destinations("external=False&page_on=name").names(); got != "None beta delta" {
		t.Errorf("not external: %s", got)
	}
}

func TestTheListOfDestinationsIsPagedToItsEnd(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	want := []string{"1", "2", "3", "4", "5", "6", "None"}
	for _, name := range want {
		s.create(webhook("", name, ""))
	}
	for _, query := range []string{"page_on=id", "page_on=name", "page_on=created", "page_on=org_id", "page_on=org_id&page_on=name&page_sort=desc",
		"page_on=name&page_sort=desc", "page_on=name&search_direction=backwards", "page_sort=asc"} {
		var seen []string
		for at, pages := "", 0; pages < 10; pages++ {
			page := s.destinations(query + "&limit=3" + at)
			if len(page.Destinations) == 0 {
				if page.Info != nil {
					t.Errorf("%s: an empty page names a next one", query)
				}
				break
			}
			seen = append(seen, strings.Fields(page.names())...)
			at = pageAfter(page, query)
		}
		slices.Sort(seen)
		if !slices.Equal(seen, want) {
			t.Errorf("%s: %v", query, seen)
		}
	}
	first := s.destinations("page_on=name&limit=3")
	second := s.destinations("page_on=name&limit=3" + pageAfter(first, "page_on=name"))
	back := s.destinations(fmt.Sprintf("limit=9&search_direction=backwards&page_on=name&page_on=id&page_at_key=%s&page_at_key=%s",
		second.Info.Previous[0], second.Info.Previous[1]))
	if first.names() != "1 2 3" || second.names() != "4 5 6" || back.names() != "3 2 1" {
		t.Errorf("%s, %s, and back %s", first.names(), second.names(), back.names())
	}
}

// pageAfter is what is added to a query for the page after one.
func pageAfter(page destinationList, query string) string {
	text := ""
	for _, key := range page.Info.At {
		text += "&page_at_key=" + key
	}
	for _, name := range page.Info.On[strings.Count("&"+query, "&page_on="):] {
		text += "&page_on=" + name
	}
	return text
}

func TestWrongParametersOfTheListOfDestinations(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for query, mention := range map[string]string{
		"limit=0": "limit", "page_on=colour": "pagination key", "page_sort=up": "page_sort", "external=7": "external",
		"search_direction=up": "search_direction", "page_at_key=1&page_at_key=2": "page_at_key",
		"page_on=created&page_at_key=soon": "page_at_key", "page_sort=asc&page_sort=asc": "page_sort",
	} {
		refused(t, s.do(http.MethodGet, destinationsPath+"?"+query, nil), 400, audit.BadUserInput, mention)
	}
}
