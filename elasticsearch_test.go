package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/store/elastic/elastictest"
)

// onElasticsearch runs a server on the shared Elasticsearch.
func onElasticsearch(t *testing.T, prefix string) (url string) {
	t.Helper()
	url, _, _ = startServer(t, t.TempDir(), "127.0.0.1:0", "--store", "elasticsearch",
		"--elasticsearch-url", elastictest.URL(t), "--elasticsearch-index-prefix", prefix, "--elasticsearch-replicas", "0")
	return url
}

func TestTwoServersOnOneClusterAreOne(t *testing.T) {
	t.Parallel()
	prefix := elastictest.Prefix(t)
	servers := []string{onElasticsearch(t, prefix), onElasticsearch(t, prefix)}
	tailed, followed := tailOf(t, servers[1])
	if got := mustRun(t, "import", "--server", servers[0], sample); !strings.Contains(got, fmt.Sprintf("%d new", sampleEvents)) {
		t.Errorf("the first import: %s", got)
	}
	if got := mustRun(t, "import", "--server", servers[1], sample); !strings.Contains(got, "0 new, 3170 duplicate") {
		t.Errorf("the second import, at the other: %s", got)
	}
	var ids []string
	for after, page := "null", 0; after != ""; page++ { // each page at another server
		var data struct {
			AuthAudits struct {
				Nodes    []struct{ UniqueID string }
				PageInfo struct {
					EndCursor   string
					HasNextPage bool
				}
			}
		}
		ask(t, servers[page%2], `{authAudits(first: 200, after: `+after+`) {nodes {uniqueId} pageInfo {endCursor hasNextPage}}}`, &data)
		for _, node := range data.AuthAudits.Nodes {
			ids = append(ids, node.UniqueID)
		}
		after = ""
		if data.AuthAudits.PageInfo.HasNextPage {
			after = fmt.Sprintf("%q", data.AuthAudits.PageInfo.EndCursor)
		}
	}
	seen := map[string]bool{}
	for _, id := range ids {
		seen[id] = true
	}
	if len(seen) != len(ids) || len(ids) == 0 {
		t.Errorf("%d rows in turns, of which %d differ", len(ids), len(seen))
	}
	eventually(t, "the tail at one server shows what the other took in", func() bool {
		return strings.Count(tailed.String(), "\n") == len(ids)
	})
	followed()
}

// tailOf follows a server, and returns what is shown.
func tailOf(t *testing.T, url string) (out *lockedBuffer, stop func()) {
	t.Helper()
	state := t.TempDir() + "/position"
	out = &lockedBuffer{}
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"tail", "--server", url, "--state", state, "--json"}, noEnv, streams{strings.NewReader(""), out, io.Discard})
	}()
	eventually(t, "the tail has begun", func() bool { _, err := os.Stat(state); return err == nil })
	return out, func() {
		end()
		if code := <-ended; code != exitOK {
			t.Errorf("the tail ended with %d", code)
		}
	}
}

// The tabs that GraphiQL opens with are the questions that people ask most.
func TestBothStoresAnswerTheUsefulQueriesAlike(t *testing.T) {
	t.Parallel()
	embedded, _ := serverIn(t, importedSample(t))
	cluster := onElasticsearch(t, elastictest.Prefix(t))
	mustRun(t, "import", "--server", cluster, sample)
	flowsAreBuilt(t, cluster)
	const tabs = "web/graphiql/src/tabs/"
	documents, err := filepath.Glob(tabs + "*.graphql")
	if err != nil || len(documents) < 4 {
		t.Fatalf("found %d queries in %s (%v)", len(documents), tabs, err)
	}
	for _, document := range documents {
		query := read(t, document)
		if strings.Contains(query, "\nsubscription") || strings.Contains(query, "\nmutation") {
			continue
		}
		request := fmt.Sprintf(`{"query":%s,"variables":%s}`, inJSON(query),
			idsOfTheSample.Replace(read(t, strings.TrimSuffix(document, "graphql")+"json")))
		want, got := untimed(answer(t, embedded, request)), untimed(answer(t, cluster, request))
		if got != want {
			t.Errorf("%s:\nElasticsearch: %.3000s\nSQLite:        %.3000s", document, got, want)
		}
		if len(want) < 500 && !notOfTheSample[filepath.Base(document)] || strings.Contains(want, `"errors"`) {
			t.Errorf("%s: the answer shows nothing: %.500s", document, want)
		}
	}
}

// idsOfTheSample puts ids where tabs ask for them.
var idsOfTheSample = strings.NewReplacer("put the request id of an attempt here", "req-b483cc14d3c9d8781b40",
	"put the id of a token here", "tok-f71b3a19332325ae")

// notOfTheSample are the tabs about what the sample does not have: the intruder whom the demo
// makes up, destinations, and readers who can be named.
var notOfTheSample = map[string]bool{"attacks.graphql": true, "do-destinations-work.graphql": true, "who-has-read.graphql": true}

var rangeOfTime = regexp.MustCompile(`"(from|to)":"[^"]*"`)

// untimed returns an answer without the range of time that it covers, which ends when it is asked.
func untimed(answer string) string { return rangeOfTime.ReplaceAllString(answer, `"$1":""`) }

// answer returns the body of a server's answer to a GraphQL request.
func answer(t *testing.T, url, request string) string {
	t.Helper()
	return fetch(t, http.MethodPost, url+"/graphql", request).body
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func inJSON(text string) string {
	encoded, _ := json.Marshal(text)
	return string(encoded)
}

func TestReindexMakesIndicesOfAnOlderVersionAnew(t *testing.T) {
	t.Parallel()
	prefix := elastictest.Prefix(t)
	server := onElasticsearch(t, prefix)
	olderTemplate(t, prefix)
	olderTemplate(t, prefix+"-flows")
	mustRun(t, "import", "--server", server, sample)
	flowsAreBuilt(t, server) // before anybody opens the stores, and installs the templates of today
	config := defaultConfig()
	config.Store, config.Elasticsearch.URL = "elasticsearch", []string{elastictest.URL(t)}
	config.Elasticsearch.IndexPrefix, config.Elasticsearch.Replicas = prefix, "0"
	_, records := sampleLines(t)
	flows := len(flow.StitchAll(records, flow.Rules{Idle: config.FlowIdle}))
	requireFlows(t, config, records)
	args := []string{"reindex", "--elasticsearch-url", elastictest.URL(t), "--elasticsearch-index-prefix", prefix}
	if got, want := mustRun(t, args...), fmt.Sprintf("2 partitions made anew, %d records\n", sampleEvents+flows); got != want {
		t.Errorf("reindex: %q, want %q", got, want)
	}
	requireFlows(t, config, records)
	if got := mustRun(t, args...); !strings.Contains(got, "nothing to do") {
		t.Errorf("once more: %s", got)
	}
	if got := mustRun(t, "import", "--server", server, sample); !strings.Contains(got, "0 new, 3170 duplicate") {
		t.Errorf("import after it: %s", got)
	}
}

// olderTemplate makes the cluster's template one of an older version, so that the
// partitions that are made next are of that version.
func olderTemplate(t *testing.T, prefix string) {
	t.Helper()
	url := elastictest.URL(t) + "/_index_template/" + prefix + "-records"
	_, body := get(t, url)
	var list struct {
		Templates []struct {
			Template json.RawMessage `json:"index_template"`
		} `json:"index_templates"`
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list.Templates) != 1 {
		t.Fatalf("read the template: %v: %s", err, body)
	}
	older := regexp.MustCompile(`"version":\d+`).ReplaceAllString(string(list.Templates[0].Template), `"version":0`)
	if got := fetch(t, http.MethodPut, url, older); got.status != http.StatusOK {
		t.Fatalf("put the older template: %+v", got)
	}
}
