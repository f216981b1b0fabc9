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

func TestEveryAnswerHasItsStatusAndMediaType(t *testing.T) {
	t.Parallel()
	const unknownField, badSyntax = `{"query":"{ nothing }"}`, `{"query":"{"}`
	const badVariable = `{"query":"query Q($id: ID!) { __typename hello(name: $id) }","variables":{"id":null}}`
	tests := map[string]struct {
		request *http.Request
		status  int
		media   string
	}{
		"post":                             {post(helloQuery), 200, asJSON},
		"post, any type":                   {post(helloQuery, "Accept", "*/*"), 200, asJSON},
		"post, json":                       {post(helloQuery, "Accept", "application/json"), 200, asJSON},
		"post, response":                   {post(helloQuery, "Accept", mediaResponse), 200, asResponse},
		"post, both":                       {post(helloQuery, "Accept", mediaJSON+","+mediaResponse), 200, asResponse},
		"post, json preferred":             {post(helloQuery, "Accept", mediaResponse+";q=0.5, application/json"), 200, asJSON},
		"post, response refused":           {post(helloQuery, "Accept", mediaResponse+";q=0, */*"), 200, asJSON},
		"post, charset of the request":     {post(helloQuery, "Content-Type", "application/json; charset=UTF-8"), 200, asJSON},
		"post, json and stream":            {post(helloQuery, "Accept", "text/event-stream, application/json"), 200, asJSON},
		"get":                              {getQuery("{ hello }"), 200, asJSON},
		"get, response":                    {getQuery("{ hello }", "Accept", mediaResponse), 200, asResponse},
		"not acceptable":                   {post(helloQuery, "Accept", "text/html"), 406, asJSON},
		"not acceptable charset":           {post(helloQuery, "Accept", "application/json; charset=latin1"), 406, asJSON},
		"get not acceptable":               {getQuery("{ hello }", "Accept", "image/png"), 406, asJSON},
		"mutation":                         {post(`{"query":"mutation { touch }"}`), 200, asJSON},
		"mutation by get":                  {getQuery("mutation { touch }"), 405, asJSON},
		"mutation by get, response":        {getQuery("mutation { touch }", "Accept", mediaResponse), 405, asResponse},
		"put":                              {httptest.NewRequest(http.MethodPut, "/graphql", nil), 405, asJSON},
		"no content type":                  {post(helloQuery, "Content-Type", ""), 415, asJSON},
		"form":                             {post("query={hello}", "Content-Type", "application/x-www-form-urlencoded"), 415, asJSON},
		"multipart":                        {post("--x", "Content-Type", "multipart/form-data; boundary=x"), 415, asJSON},
		"text":                             {post(helloQuery, "Content-Type", "text/plain"), 415, asJSON},
		"other charset":                    {post(helloQuery, "Content-Type", "application/json; charset=utf-16"), 415, asJSON},
		"encoded body":                     {post(helloQuery, "Content-Encoding", "gzip"), 415, asJSON},
		"syntax, json":                     {post(badSyntax, "Accept", mediaJSON), 200, asJSON},
		"syntax, response":                 {post(badSyntax, "Accept", mediaResponse), 400, asResponse},
		"validation, json":                 {post(unknownField), 200, asJSON},
		"validation, response":             {post(unknownField, "Accept", mediaResponse), 400, asResponse},
		"validation, stream":               {post(unknownField, "Accept", mediaEvents), 400, asJSON},
		"variables, json":                  {post(badVariable), 200, asJSON},
		"variables, response":              {post(badVariable, "Accept", mediaResponse), 400, asResponse},
		"too complex, json":                {post(query(aliases(300))), 200, asJSON},
		"too complex, response":            {post(query(aliases(300)), "Accept", mediaResponse), 400, asResponse},
		"subscription without stream":      {post(`{"query":"subscription { ticks }"}`), 406, asJSON},
		"subscription, any type":           {post(`{"query":"subscription { ticks }"}`, "Accept", "*/*"), 406, asJSON},
		"subscription by get":              {getQuery("subscription { ticks }"), 406, asJSON},
		"a resolver's error has data":      {post(`{"query":"{ secret }"}`, "Accept", mediaResponse), 200, asResponse},
		"panic outside a resolver's guard": {post(`{"query":"{ panics }"}`, "Accept", mediaResponse), 500, asJSON},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := ask(t, test.request)
			if answer.Code != test.status || answer.Header().Get("Content-Type") != test.media {
				t.Errorf("got %d %s, want %d %s\n%s", answer.Code, answer.Header().Get("Content-Type"), test.status, test.media, answer.Body)
			}
			if answer.Header().Get("Cache-Control") != "no-store" {
				t.Error("the answer may be cached")
			}
			decode(t, answer.Body.String())
		})
	}
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
		"number too large":   {`{"query":"query($n: Int) { loginFlows(first: $n) { totalCount } }","variables":{"n":99999999999999999999}}`, "a number that its type cannot hold"},
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
