package rest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/authtrail/authtrail/audit"
)

// document is the part of openapi.json that the tests look at.
type document struct {
	OpenAPI string
	Paths   map[string]map[string]struct {
		OperationID string
		Parameters  []parameter
		Responses   map[string]reference
	}
	Components struct {
		Parameters map[string]parameter
		Responses  map[string]struct{ Description string }
		Schemas    map[string]struct {
			Properties map[string]any
		}
	}
}

type reference struct {
	Ref string `json:"$ref"`
}

type parameter struct {
	reference
	Name, In, Description string
	Schema                map[string]any
}

func readDocument(t *testing.T) document {
	t.Helper()
	var d document
	decode(t, openAPIDocument, &d)
	return d
}

// queryParameters returns the names of an operation's query parameters.
func (d document) queryParameters(t *testing.T, path string) []string {
	t.Helper()
	var names []string
	for _, p := range d.Paths[path]["get"].Parameters {
		if p.Ref != "" {
			p = d.Components.Parameters[strings.TrimPrefix(p.Ref, "#/components/parameters/")]
		}
		if p.Name == "" || p.Description == "" || p.Schema == nil {
			t.Errorf("%s: a parameter without name, description or schema: %+v", path, p)
		}
		if p.In == "query" {
			names = append(names, p.Name)
		}
	}
	slices.Sort(names)
	return names
}

func TestTheDocumentHasExactlyTheRoutes(t *testing.T) {
	t.Parallel()
	var documented, served []string
	for path, operations := range readDocument(t).Paths {
		for method := range operations {
			documented = append(documented, strings.ToUpper(method)+" "+path)
		}
	}
	err := chi.Walk(newRouter(Options{}), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		served = append(served, method+" /v1"+route)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(documented)
	slices.Sort(served)
	if !slices.Equal(documented, served) {
		t.Errorf("documented %v, served %v", documented, served)
	}
}

// What filters is tested by TestEveryParameterFilters, which has no other way to
// know the parameters.
func TestEveryDocumentedParameterIsTested(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	for path, test := range parameterTests {
		if documented, tested := d.queryParameters(t, path), slices.Sorted(maps.Keys(test.values)); !slices.Equal(documented, tested) {
			t.Errorf("%s: documented %v, tested %v", path, documented, tested)
		}
	}
}

func TestTheDocumentHasEveryMemberOfTheRows(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	for schema, s := range map[string]shape{"AuthAudits": authShape, "Audit": auditShape} {
		want := []string{"mistyped", "org_id", "time"}
		if s.attributes {
			want = append(want, "audit_attributes")
		}
		for _, field := range s.fields {
			want = append(want, string(field))
		}
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(d.Components.Schemas[schema].Properties)); !slices.Equal(got, want) {
			t.Errorf("%s: documented %v, written %v", schema, got, want)
		}
	}
}

func TestEveryReferenceLeadsSomewhere(t *testing.T) {
	t.Parallel()
	var whole map[string]any
	decode(t, openAPIDocument, &whole)
	var walk func(any)
	walk = func(value any) {
		switch value := value.(type) {
		case []any:
			for _, element := range value {
				walk(element)
			}
		case map[string]any:
			if ref, ok := value["$ref"].(string); ok && !leadsSomewhere(whole, ref) {
				t.Errorf("%s leads nowhere", ref)
			}
			for _, member := range value {
				walk(member)
			}
		}
	}
	walk(whole)
}

func leadsSomewhere(whole map[string]any, ref string) bool {
	var at any = whole
	for _, name := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		object, ok := at.(map[string]any)
		if !ok {
			return false
		}
		at = object[name]
	}
	return at != nil
}

func TestTheErrorsOfEachOperationAreDocumented(t *testing.T) {
	t.Parallel()
	lists := []string{"200", "400", "401", "403", "429", "500", "503"}
	one := []string{"200", "401", "403", "404", "429", "500", "503"}
	want := map[string][]string{
		"get /v1/auth_audits":                                lists,
		"get /v1/audits":                                     lists,
		"post /v1/bulk_audit_events":                         {"201", "400", "401", "403", "413", "415", "429", "500", "503"},
		"get /v1/audit_destinations":                         lists,
		"post /v1/audit_destinations":                        {"201", "400", "401", "403", "409", "413", "415", "429", "500", "503"},
		"get /v1/audit_destinations/{destination_id}":        one,
		"put /v1/audit_destinations/{destination_id}":        {"200", "400", "401", "403", "404", "409", "413", "415", "429", "500", "503"},
		"delete /v1/audit_destinations/{destination_id}":     {"204", "401", "403", "404", "429", "500", "503"},
		"get /v1/audit_destinations/{destination_id}/health": one,
		"get /v1/openapi.json":                               {"200", "304", "503"},
	}
	for path, operations := range readDocument(t).Paths {
		for method, operation := range operations {
			name := method + " " + path
			if got := slices.Sorted(maps.Keys(operation.Responses)); !slices.Equal(got, want[name]) {
				t.Errorf("%s: %v, want %v", name, got, want[name])
			}
		}
	}
}

func TestEveryErrorCodeIsDocumented(t *testing.T) {
	t.Parallel()
	var d struct {
		Components struct {
			Schemas struct {
				ErrorMessage struct {
					Properties struct {
						Code struct{ Enum []audit.Code } `json:"error_code"`
					}
				}
			}
		}
	}
	decode(t, openAPIDocument, &d)
	got := slices.Sorted(slices.Values(d.Components.Schemas.ErrorMessage.Properties.Code.Enum))
	if want := slices.Sorted(maps.Keys(statuses)); !slices.Equal(got, want) {
		t.Errorf("documented %v, answered %v", got, want)
	}
}

func TestTheDocumentIsServedWithATag(t *testing.T) {
	t.Parallel()
	s := serve(t, Options{})
	got := s.do(http.MethodGet, "/v1/openapi.json", nil)
	var d document
	decode(t, got.body, &d)
	if got.status != 200 || !strings.HasPrefix(d.OpenAPI, "3.") || got.header.Get("Content-Length") != strconv.Itoa(len(openAPIDocument)) {
		t.Errorf("got %d %v", got.status, got.header)
	}
	again := s.do(http.MethodGet, "/v1/openapi.json", nil, "If-None-Match", got.header.Get("ETag"))
	if again.status != http.StatusNotModified || len(again.body) != 0 {
		t.Errorf("asked again with the tag: %d, %d bytes", again.status, len(again.body))
	}
	if !json.Valid(openAPIDocument) {
		t.Error("not JSON")
	}
}
