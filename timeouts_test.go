package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// slowQuery asks the embedded store for something that takes it long: a facet
// over most of the records, which many words find.
func slowQuery(t *testing.T) string {
	t.Helper()
	var words []string
	for first := 'a'; first <= 'o'; first++ {
		for second := 'a'; second <= 'p'; second++ {
			words = append(words, string(first)+string(second)+"*")
		}
	}
	body, err := json.Marshal(map[string]any{
		"query": `query($search: String) { authAudits(search: $search, first: 1) {
			facets(fields: [USER_ID, SOURCE_IP, TRACE_ID, REQUEST_ID, SESSION, TOKEN_ID, USER_AGENT, CLIENT_ID], size: 500) { values { value } } } }`,
		"variables": map[string]string{"search": strings.Join(words, " OR ")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// facetSeconds returns how long the store has worked on facets, and how often.
func facetSeconds(t *testing.T, url string) (seconds float64, calls string) {
	t.Helper()
	_, metrics := get(t, url+"/metrics")
	sum := regexp.MustCompile(`authtrail_store_call_seconds_sum\{method="facets"\} (\S+)`).FindStringSubmatch(metrics)
	count := regexp.MustCompile(`authtrail_store_call_seconds_count\{method="facets"\} (\S+)`).FindStringSubmatch(metrics)
	if sum == nil || count == nil {
		return 0, "0"
	}
	seconds, err := strconv.ParseFloat(sum[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return seconds, count[1]
}

// The timeout does not only answer the caller: the store stops working, as its own
// measure of the call shows.
func TestASlowQueryOfTheEmbeddedStoreStopsInTime(t *testing.T) {
	t.Parallel()
	data, query := importedSample(t), slowQuery(t)
	patient, _, stop := startServer(t, data, "127.0.0.1:0", "--request-timeout", "10m")
	if got := answer(t, patient, query); strings.Contains(got, "errors") {
		t.Fatalf("without haste: %s", got)
	}
	whole, calls := facetSeconds(t, patient)
	stop()
	if calls != "1" {
		t.Fatalf("%s calls of the store", calls)
	}

	hasty := time.Duration(whole * float64(time.Second) / 8)
	url, _, _ := startServer(t, data, "127.0.0.1:0", "--request-timeout", fmt.Sprint(hasty))
	if got := answer(t, url, query); !strings.Contains(got, `"UNAVAILABLE"`) || !strings.Contains(got, "took too long") {
		t.Errorf("with a timeout of %s: %s", hasty, got)
	}
	var worked float64
	eventually(t, "the store has ended its work", func() bool { worked, calls = facetSeconds(t, url); return calls == "1" })
	if worked > whole/2 {
		t.Errorf("the store worked for %.3f s of %.3f s, though nobody waited after %s", worked, whole, hasty)
	} else {
		t.Logf("the store worked for %.3f s of %.3f s", worked, whole)
	}
}
