package server

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
)

func TestEveryAnswerHasItsStatusAndMediaType(t *testing.T) {
	t.Parallel()
	for name, test := range answers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := ask(t, test.request)
			if answer.Code != test.status || answer.Header().Get("Content-Type") != test.media {
				t.Errorf("got %d %s, want %d %s\n%s", answer.Code, answer.Header().Get("Content-Type"), test.status, test.media, answer.Body)
			}
			if got := answer.Header().Get("Content-Length"); got != strconv.Itoa(answer.Body.Len()) {
				t.Errorf("Content-Length is %s, the body has %d bytes", got, answer.Body.Len())
			}
			if answer.Header().Get("Cache-Control") != "no-store" {
				t.Error("the answer may be cached")
			}
			decode(t, answer.Body.String())
		})
	}
}

const (
	unknownField = `{"query":"{ nothing }"}`
	badSyntax    = `{"query":"{"}`
	badVariable  = `{"query":"query Q($id: ID!) { __typename hello(name: $id) }","variables":{"id":null}}`
)

type answered struct {
	request *http.Request
	status  int
	media   string
}

// answers are the rules of GraphQL over HTTP, by request.
func answers() map[string]answered {
	return map[string]answered{
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
}
