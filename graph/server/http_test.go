package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/authtrail/authtrail/audit"
)

const (
	asJSON     = mediaJSON + "; charset=utf-8"
	asResponse = mediaResponse + "; charset=utf-8"
)

func get(parameters url.Values, headers ...string) *http.Request {
	request := httptest.NewRequest(http.MethodGet, "/graphql?"+parameters.Encode(), nil)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return request
}

func getQuery(document string, headers ...string) *http.Request {
	return get(url.Values{"query": {document}}, headers...)
}

func TestBadParametersAreNamed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body  string
		words string
	}{
		"empty":              {"", "the body is empty"},
		"space":              {" \n", "the body is empty"},
		"syntax":             {`{"query": "{ hello }"`, "mistake at byte 21"},
		"rest":               {helloQuery + "{}", "mistake at byte 22"},
		"batch":              {"[" + helloQuery + "]", "one request at a time"},
		"number":             {"7", "must be a JSON object"},
		"no query":           {`{"qeury":"{ hello }"}`, "query: is missing"},
		"null query":         {`{"query":null}`, "query: is missing"},
		"query a list":       {`{"query":["{ hello }"]}`, "query: must be a string"},
		"operationName":      {`{"query":"{ hello }","operationName":0}`, "operationName: must be a string"},
		"variables":          {`{"query":"{ hello }","variables":"a"}`, "variables: must be a JSON object"},
		"extensions":         {`{"query":"{ hello }","extensions":[]}`, "extensions: must be a JSON object"},
		"persisted query":    {`{"extensions":{"persistedQuery":{"version":1}}}`, "PersistedQueryNotSupported"},
		"not UTF-8":          {"{\"query\":\"{ hello(name: \\\"\xff\\\") }\"}", "not UTF-8"},
		"no operation named": {`{"query":"query A { hello } query B { hello }"}`, "say in operationName"},
		"unknown operation":  {`{"query":"query A { hello }","operationName":"B"}`, "no operation of this name"},
		"variable missing":   {`{"query":"query($n: Int!) { loginFlows(first: $n) { totalCount } }"}`, "the variable $n needs a value"},
		"number too large":   {`{"query":"query($n: Int) { loginFlows(first: $n) { totalCount } }","variables":{"n":99999999999999999999}}`, "$n: is a number that its type cannot hold"},
		"variable a text":    {`{"query":"query($n: Int) { loginFlows(first: $n) { totalCount } }","variables":{"n":"x"}}`, "$n: "},
		"no executable":      {`{"query":"fragment F on Query { hello }"}`, "no operation provided"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := ask(t, post(test.body, "Accept", mediaResponse))
			if answer.Code != http.StatusBadRequest {
				t.Errorf("got status %d, want 400", answer.Code)
			}
			expectError(t, answer.Body.String(), audit.BadUserInput, test.words)
		})
	}
}

func TestGetParametersAreNamed(t *testing.T) {
	t.Parallel()
	for words, parameters := range map[string]url.Values{
		"query: is missing":                {},
		"query: is given more than once":   {"query": {"{ hello }", "{ hello }"}},
		"variables: must be a JSON object": {"query": {"{ hello }"}, "variables": {"{"}},
	} {
		answer := ask(t, get(parameters))
		if answer.Code != http.StatusBadRequest {
			t.Errorf("got status %d, want 400", answer.Code)
		}
		expectError(t, answer.Body.String(), audit.BadUserInput, words)
	}
	answer := ask(t, get(url.Values{
		"query": {"query Q($s: Boolean!) { hello @skip(if: $s) }"}, "variables": {`{"s":false}`}, "operationName": {"Q"},
	}))
	if got := answer.Body.String(); got != `{"data":{"hello":"world"}}` {
		t.Errorf("got %s", got)
	}
}

func TestMalformedJSONIsNeverRepeated(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"query":"{ hello }","variables":{"token":"hunter2"`, `hunter2`, `"hunter2"`, `["hunter2"]`,
		`{"query":"{ hello }","variables":"hunter2"}`, `{"hunter2":1}`, `{"query":"{ hello }","operationName":"hunter2"}`,
	} {
		if answer := ask(t, post(body)); strings.Contains(answer.Body.String(), "hunter2") {
			t.Errorf("the answer repeats the body: %s", answer.Body)
		}
	}
}

func TestARefusedMethodSaysWhatIsAllowed(t *testing.T) {
	t.Parallel()
	if allow := ask(t, getQuery("mutation { touch }")).Header().Get("Allow"); allow != "POST" {
		t.Errorf("a mutation by GET: Allow is %q, want POST", allow)
	}
	if allow := ask(t, httptest.NewRequest(http.MethodPut, "/graphql", nil)).Header().Get("Allow"); allow != "GET, POST" {
		t.Errorf("PUT: Allow is %q, want GET, POST", allow)
	}
	options := ask(t, httptest.NewRequest(http.MethodOptions, "/graphql", nil))
	if options.Code != http.StatusNoContent || options.Header().Get("Allow") != "GET, POST" {
		t.Errorf("OPTIONS: got %d, Allow %q", options.Code, options.Header().Get("Allow"))
	}
}

func TestASubscriptionOverPlainHTTPIsRejectedClearly(t *testing.T) {
	t.Parallel()
	answer := ask(t, post(`{"query":"subscription { ticks }"}`))
	expectError(t, answer.Body.String(), audit.BadUserInput, "needs Accept: text/event-stream")
}

func TestErrorsOfResolversDoNotLeak(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"secret", "panics"} {
		answer := ask(t, post(query("{ "+field+" }")))
		if strings.Contains(answer.Body.String(), "hunter2") || decode(t, answer.Body.String()).Errors[0].Extensions["code"] != "INTERNAL" {
			t.Errorf("%s: got %s", field, answer.Body)
		}
	}
}

func TestAnOperationOutOfTimeIsUnavailable(t *testing.T) {
	t.Parallel()
	answer := ask(t, post(`{"query":"{ slow }"}`), func(o *Options) { o.Timeout = time.Millisecond })
	first := decode(t, answer.Body.String()).Errors[0]
	if first.Extensions["code"] != "UNAVAILABLE" || first.Message != "the answer took too long" {
		t.Errorf("got %s", answer.Body)
	}
}

func TestADeferredFragmentIsRefused(t *testing.T) {
	t.Parallel()
	answer := ask(t, post(query("{ hello ... @defer { slow } }")))
	expectError(t, answer.Body.String(), audit.BadUserInput, "@defer is not supported")
}

func TestIntrospectionCanBeOff(t *testing.T) {
	t.Parallel()
	schema := newSchema()
	var disabled []bool
	watch := func(o *Options) {
		o.OperationMiddleware = append(o.OperationMiddleware, recordIntrospection(&disabled))
	}
	for _, on := range []bool{true, false} {
		options := quiet(watch, func(o *Options) { o.Introspection = on })
		New(schema, options).ServeHTTP(httptest.NewRecorder(), post(helloQuery))
	}
	if len(disabled) != 2 || disabled[0] || !disabled[1] {
		t.Errorf("introspection was disabled %v, want [false true]", disabled)
	}
}

func recordIntrospection(disabled *[]bool) graphql.OperationMiddleware {
	return func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		*disabled = append(*disabled, graphql.GetOperationContext(ctx).DisableIntrospection)
		return next(ctx)
	}
}
