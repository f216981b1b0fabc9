package graph_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"testing"
)

// example is a query of the page, and the answer that it promises.
var example = regexp.MustCompile("(?s)```graphql\n(.*?)```\n+```json\n(.*?)```")

func TestThePageAboutGraphQLTellsTheTruth(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/graphql.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := example.FindAllSubmatch(page, -1)
	if len(examples) < 5 {
		t.Fatalf("the page has %d examples", len(examples))
	}
	a := sampleAPI(t)
	for _, found := range examples {
		var data json.RawMessage
		a.ask(t, string(found[1]), nil, &data)
		var want bytes.Buffer
		if err := json.Compact(&want, found[2]); err != nil {
			t.Fatalf("%s: %v", found[2], err)
		}
		if string(data) != want.String() {
			var got bytes.Buffer
			_ = json.Indent(&got, data, "", "  ")
			t.Errorf("%s\nanswers\n%s", found[1], got.String())
		}
	}
}
