package elastictest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/store/elastic/elastictest"
)

// send sends a request, requires that it succeeds, and returns the answer's body.
func send(t testing.TB, method, url, body string) string {
	t.Helper()
	status, answer := try(t, method, url, body)
	if status != http.StatusOK && status != http.StatusCreated {
		t.Fatalf("%s %s: %d: %s", method, url, status, answer)
	}
	return answer
}

func try(t testing.TB, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

func TestSharedServerStoresAndFinds(t *testing.T) {
	t.Parallel()
	index := elastictest.URL(t) + "/" + elastictest.Prefix(t)
	send(t, http.MethodPut, index+"/_doc/1?refresh=true", `{"greeting":"hello"}`)
	if answer := send(t, http.MethodGet, index+"/_search?q=greeting:hello", ""); !strings.Contains(answer, `"_id":"1"`) {
		t.Errorf("the search did not find the document: %s", answer)
	}
}

func TestSharedServerIsTheVersionThatIsMeant(t *testing.T) {
	t.Parallel()
	answer := send(t, http.MethodGet, elastictest.URL(t)+"/_nodes/_all/none?filter_path=nodes.*.version", "")
	if !strings.Contains(answer, `"version":"8.19.`) {
		t.Errorf("it says %s, want 8.19", answer)
	}
}

func TestPrefixDeletesWhatBeginsWithIt(t *testing.T) {
	t.Parallel()
	url := elastictest.URL(t)
	var prefix string
	t.Run("while the test runs", func(t *testing.T) {
		prefix = elastictest.Prefix(t)
		send(t, http.MethodPut, url+"/_component_template/"+prefix+"-part", `{"template":{}}`)
		send(t, http.MethodPut, url+"/_index_template/"+prefix+"-one",
			`{"index_patterns":["`+prefix+`-a*"],"composed_of":["`+prefix+`-part"],"template":{"aliases":{"`+prefix+`-alias":{}}}}`)
		send(t, http.MethodPut, url+"/"+prefix+"-a1", "")
		send(t, http.MethodPut, url+"/"+prefix+"-hidden", `{"settings":{"index.hidden":true}}`)
		send(t, http.MethodPost, url+"/"+prefix+"-closed/_doc", `{}`)
		send(t, http.MethodPost, url+"/"+prefix+"-closed/_close", "")
	})
	for _, left := range []string{"/_component_template/" + prefix + "-part", "/_index_template/" + prefix + "-one",
		"/" + prefix + "-a1", "/" + prefix + "-alias", "/" + prefix + "-hidden", "/" + prefix + "-closed"} {
		if status, answer := try(t, http.MethodGet, url+left, ""); status != http.StatusNotFound {
			t.Errorf("%s is still there: %s", left, answer)
		}
	}
}
