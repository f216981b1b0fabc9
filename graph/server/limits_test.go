package server

import (
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/authtrail/authtrail/audit"
)

func aliases(n int) string {
	var document strings.Builder
	document.WriteString("{")
	for i := range n {
		fmt.Fprintf(&document, " a%d: hello", i)
	}
	return document.String() + " }"
}

// bomb has fragments that each spread the next one twice, under an alias each.
func bomb(levels int) string {
	var document strings.Builder
	document.WriteString("query { nodes(ids: [1]) { ...F0 } }\n")
	for i := range levels {
		fmt.Fprintf(&document, "fragment F%d on LoginFlow { id a: sessionView { records { nodes { loginFlow { ...F%d } } } } ...F%d }\n", i, i+1, i+1)
	}
	fmt.Fprintf(&document, "fragment F%d on LoginFlow { id }", levels)
	return document.String()
}

func nested(depth int) string {
	return "{ nodes(ids: [1]) { " + strings.Repeat("sessionView { records { nodes { loginFlow { ", depth) + "id" +
		strings.Repeat("} } } } ", depth) + "} }"
}

func TestTheLimitsLetTheProductsOwnQueriesPass(t *testing.T) {
	t.Parallel()
	introspection, err := os.ReadFile("testdata/graphiql-introspection.graphql")
	if err != nil {
		t.Fatal(err)
	}
	joined := `{ authAudits(first: 50) { totalCount nodes { id ` + askTwenty + `
		loginFlow { id requestId records { ` + askTwenty + ` } stages { eventName } }
		sessionView { sessionId audits(first: 20) { nodes { ` + askTwenty + ` } } records { nodes { ` + askTwenty + ` } } }
		trace { id records { nodes { ` + askTwenty + ` } } } } } }`
	for name, document := range map[string]string{
		"introspection": string(introspection),
		"500 flows":     "{ loginFlows(first: 500) { nodes { id records { " + askTwenty + " } } } }",
		"joined view":   joined,
		"by edges":      "{ loginFlows(first: 500) { edges { cursor node { id records { " + askTwenty + " } } } pageInfo { hasNextPage } } }",
		"30 aliases":    strings.Replace(aliases(15), "}", "... on Query { b: hello } }", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := ask(t, post(query(document)))
			if strings.Contains(answer.Body.String(), `"errors"`) {
				t.Errorf("refused: %s", answer.Body)
			}
		})
	}
}

func TestEachLimitSaysItsValueAndMaximum(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		document, limit string
		value, maximum  float64
	}{
		"depth":       {nested(6), "depth", 26, 20},
		"rootFields":  {aliases(21), "rootFields", 21, 20},
		"aliases":     {"{ loginFlows { " + strings.Trim(strings.ReplaceAll(aliases(300), "hello", "totalCount"), "{}") + "} }", "aliases", 300, 100},
		"directives":  {"{ loginFlows { totalCount " + strings.Repeat("... @skip(if: true) { totalCount } ", 101) + "} }", "directives", 101, 100},
		"cost":        {"{ loginFlows(first: 500) { nodes { sessionView { audits(first: 500) { nodes { a } } } } } }", "cost", 501501, 500000},
		"cost, last":  {"{ loginFlows(last: 500) { nodes { sessionView { audits(first: 500) { nodes { a } } } } } }", "cost", 501501, 500000},
		"cost, lists": {"{ nodes(ids: [" + strings.Repeat("1 ", 501) + "]) { sessionView { audits(first: 500) { nodes { a } } } } }", "cost", 502503, 500000},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := ask(t, post(query(test.document))).Body.String()
			expectError(t, body, audit.TooComplex, fmt.Sprintf("%s is %.0f, the maximum is %.0f", test.limit, test.value, test.maximum))
			extensions := decode(t, body).Errors[0].Extensions
			if extensions["limit"] != test.limit || extensions["value"] != test.value || extensions["maximum"] != test.maximum {
				t.Errorf("got extensions %v", extensions)
			}
		})
	}
}

func TestThePageSizeOfAVariableCounts(t *testing.T) {
	t.Parallel()
	const document = `query($n: Int = 500) { loginFlows(first: $n) { nodes { sessionView { audits(first: $n) { nodes { a b c } } } } } }`
	for variables, refused := range map[string]bool{
		``: true, `,"variables":{}`: true, `,"variables":{"n":20}`: false, `,"variables":{"n":null}`: false, `,"variables":{"n":500}`: true,
	} {
		body := strings.TrimSuffix(query(document), "}") + variables + "}"
		got := strings.Contains(ask(t, post(body)).Body.String(), "TOO_COMPLEX")
		if got != refused {
			t.Errorf("%s: refused is %v, want %v", body, got, refused)
		}
	}
}

func TestAPageOverTheLargestIsBadInput(t *testing.T) {
	t.Parallel()
	for _, document := range []string{
		"{ loginFlows(first: 501) { totalCount } }",
		"{ loginFlows(last: 501) { totalCount } }",
		"{ loginFlows(first: 99999999999) { totalCount } }",
	} {
		expectError(t, ask(t, post(query(document))).Body.String(), audit.BadUserInput, "may be at most 500")
	}
}

func TestAFragmentBombIsRefusedInMilliseconds(t *testing.T) {
	t.Parallel()
	began := time.Now()
	body := ask(t, post(query(bomb(60)))).Body.String()
	expectError(t, body, audit.TooComplex, "fields is 9007199254740991, the maximum is 1000")
	// Without memory 60 levels take for ever: the bound is far from both.
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestACyclicFragmentIsAValidationError(t *testing.T) {
	t.Parallel()
	document := "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"
	expectError(t, ask(t, post(query(document))).Body.String(), audit.BadUserInput, "Cannot spread fragment")
}

func TestALongDocumentIsRefusedByTokens(t *testing.T) {
	t.Parallel()
	document := "{ " + strings.Repeat("hello ", 5000) + "}"
	expectError(t, ask(t, post(query(document))).Body.String(), audit.BadUserInput, "exceeded token limit of 5000")
}

func TestOnlyShortDocumentsAreCached(t *testing.T) {
	t.Parallel()
	cache := newQueryCache(2, 10)
	document := &ast.QueryDocument{}
	for _, text := range []string{"{ a }", "{ b }", "{ c }", "{ a long one }"} {
		cache.Add(t.Context(), text, document)
	}
	for text, kept := range map[string]bool{"{ a }": false, "{ b }": true, "{ c }": true, "{ a long one }": false} {
		if _, ok := cache.Get(t.Context(), text); ok != kept {
			t.Errorf("%s: kept is %v, want %v", text, ok, kept)
		}
	}
}

// FuzzLimits measures documents, valid or not: it must end, without panic, with
// sums that have not overflowed.
func FuzzLimits(f *testing.F) {
	for _, document := range []string{"{ hello }", bomb(4), nested(3), aliases(5), "{ ...A } fragment A on Query { ...A @defer }",
		"query($n: Int) { loginFlows(first: $n, last: -1) { nodes { id } } }"} {
		f.Add(document)
	}
	limits := Limits{}.withDefaults()
	f.Fuzz(func(t *testing.T, document string) {
		parsed, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: document}, limits.Tokens)
		if err != nil || len(parsed.Operations) == 0 {
			return
		}
		limits.screen(parsed)
		total := newMeasurer(limits, parsed, nil).operation(parsed.Operations[0])
		sums := []int64{total.depth, total.roots, total.fields, total.aliases, total.directives, total.fixed, total.perPage}
		for _, sum := range sums {
			if sum < 0 || sum > most {
				t.Errorf("sums overflowed: %v", sums)
			}
		}
		if errs := gqlparserErrors(document); len(errs) == 0 && total.depth == 0 {
			t.Error("a valid document has no depth")
		}
	})
}

func gqlparserErrors(document string) gqlerror.List {
	_, errs := gqlparser.LoadQueryWithRules(testSDL, document, rules.NewDefaultRules())
	return errs
}

func BenchmarkLimits(b *testing.B) {
	handler := New(newSchema(), quiet())
	document := query(bomb(30))
	for b.Loop() {
		handler.ServeHTTP(httptest.NewRecorder(), post(document))
	}
}
