package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// The product's own schema, and the documents that it comes with or is made for,
// under the default limits.
func TestTheDefaultLimitsSuitTheProduct(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema := gqlparser.MustLoadSchema(&ast.Source{Name: "schema.graphqls", Input: string(text)})
	documents := map[string]string{"joined view": joinedView, "500 flows": fiveHundredFlows}
	for _, pattern := range []string{"../../queries/*.graphql", "../../web/graphiql/src/tabs/*.graphql", "testdata/*.graphql"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no documents, %v", pattern, err)
		}
		for _, file := range files {
			document, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			documents[file] = string(document)
		}
	}
	limits := Limits{}.withDefaults()
	for name, document := range documents {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parsed, errs := gqlparser.LoadQueryWithRules(schema, document, rules.NewDefaultRules())
			if len(errs) > 0 {
				t.Fatalf("it is not valid: %v", errs)
			}
			if errs := limits.screen(parsed); len(errs) > 0 {
				t.Errorf("it is refused before validation: %v", errs)
			}
			for _, op := range parsed.Operations {
				// The product asks for full pages where it asks by a variable.
				pages := map[string]any{"first": int64(50), "last": nil}
				if _, errs := limits.check(&graphql.OperationContext{Doc: parsed, Operation: op, Variables: pages}); len(errs) > 0 {
					t.Errorf("it is refused: %v", errs)
				}
			}
		})
	}
}

const record = " uniqueId time eventName result userId upstreamUserId orgId orgName sourceIp tokenId traceId session issuer clientId applicationName loginOrgId upstreamIdp userAgent requestId extra "

const fiveHundredFlows = `{ loginFlows(first: 500) { totalCount nodes { id requestId outcome records {` + record + `} } } }`

var joinedView = strings.NewReplacer("RECORD", record).Replace(`{
  authAudits(first: 50, search: "denied") {
    totalCount
    facets(fields: [RESULT, APPLICATION_NAME]) { field values { value count } }
    histogram { start count }
    pageInfo { hasNextPage endCursor }
    edges { cursor node { RECORD
      loginFlow { id requestId outcome durationMs shape verdict { text }
        stages { eventName result startedAt gapMs }
        records { RECORD } }
      sessionView { sessionId startedAt endedAt
        audits(first: 20) { nodes { uniqueId time action targetId targetResourceType userId orgId } } }
      trace { traceId records(first: 20) { nodes { RECORD } } }
    } }
  }
}`)
