package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/99designs/gqlgen/graphql"
)

// paramsFromBody reads a GraphQL request from JSON. What is wrong is named by
// parameter or by byte, and never repeated: a body may hold secrets.
func (d *Documents) paramsFromBody(body []byte) (*graphql.RawParams, *failure) {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, badJSON(body, err)
	}
	return d.paramsFrom(members)
}

func badJSON(body []byte, err error) *failure {
	var syntax *json.SyntaxError
	trimmed := bytes.TrimSpace(body)
	switch {
	case len(trimmed) == 0:
		return refused(http.StatusBadRequest, "the body is empty: send a JSON object with a query")
	case errors.As(err, &syntax):
		return refused(http.StatusBadRequest, "the body is not valid JSON: mistake at byte %d", syntax.Offset)
	case trimmed[0] == '[':
		return refused(http.StatusBadRequest, "the body is a list: send one request at a time, as a JSON object")
	default:
		return refused(http.StatusBadRequest, "the body must be a JSON object with a query")
	}
}

// paramsFromURL reads a GraphQL request from the parameters of a GET.
func (d *Documents) paramsFromURL(u *url.URL) (*graphql.RawParams, *failure) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, refused(http.StatusBadRequest, "the URL's parameters are not validly encoded")
	}
	members := map[string]json.RawMessage{}
	for _, name := range []string{"query", "documentId", "operationName", "variables", "extensions"} {
		given := values[name]
		if len(given) > 1 {
			return nil, refused(http.StatusBadRequest, "%s: is given more than once", name)
		}
		if len(given) == 0 || given[0] == "" {
			continue
		}
		members[name] = json.RawMessage(given[0])
		if name == "query" || name == "documentId" || name == "operationName" {
			members[name], _ = json.Marshal(given[0]) // a string always can be
		}
	}
	return d.paramsFrom(members)
}

// paramsFrom takes the parameters of a request; others are left alone, as the
// protocol keeps them for its future. The query is the document that is run, also
// where the request names it by an id.
func (d *Documents) paramsFrom(members map[string]json.RawMessage) (*graphql.RawParams, *failure) {
	params := &graphql.RawParams{}
	var wanted asked
	for _, parameter := range []struct {
		name, kind string
		into       any
	}{
		{"query", "a string", &wanted.text},
		{"documentId", "a string", &wanted.id},
		{"operationName", "a string", &params.OperationName},
		{"variables", "a JSON object", &params.Variables},
		{"extensions", "a JSON object", &params.Extensions},
	} {
		raw, given := members[parameter.name]
		if !given {
			continue
		}
		if !decodeAll(raw, parameter.into) {
			return nil, refused(http.StatusBadRequest, "%s: must be %s", parameter.name, parameter.kind)
		}
	}
	if d != nil && wanted.id == "" {
		wanted.id = persistedID(params.Extensions)
	}
	if wanted == (asked{}) {
		return nil, missingQuery(params)
	}
	var fail *failure
	params.Query, fail = d.resolve(wanted)
	return params, fail
}

// persistedID returns the id that Apollo's clients send as
// extensions.persistedQuery.sha256Hash, if they do.
func persistedID(extensions map[string]any) string {
	persisted, _ := extensions["persistedQuery"].(map[string]any)
	if hash, _ := persisted["sha256Hash"].(string); hash != "" {
		return sha256Prefix + hash
	}
	return ""
}

// decodeAll decodes JSON and reports whether it was that and nothing else.
func decodeAll(raw []byte, into any) bool {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // a float would round large numbers
	if decoder.Decode(into) != nil {
		return false
	}
	_, err := decoder.Token()
	return errors.Is(err, io.EOF)
}

func missingQuery(params *graphql.RawParams) *failure {
	if _, asked := params.Extensions["persistedQuery"]; asked {
		// Clients know this message and send the whole query next.
		return refused(http.StatusBadRequest, "PersistedQueryNotSupported")
	}
	return refused(http.StatusBadRequest, "query: is missing")
}
