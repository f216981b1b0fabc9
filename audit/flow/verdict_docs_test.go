package flow_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What docs/verdicts.md quotes is what the golden files say.
func TestTheDocumentedVerdictsAreGiven(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/verdicts.md")
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for name := range verdictFiles(t) {
		golden, err := os.ReadFile(filepath.Join("testdata/verdicts", name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		said.Write(golden)
	}
	quotes := regexp.MustCompile(`(?m)^> (.*)$|^\| [A-Z].*? \| (.*) \|$|: "([^"]*)"|"(\d [^"]*)"|"([A-Z][^"]{30,})"`).FindAllStringSubmatch(string(page), -1)
	if len(quotes) < 15 {
		t.Errorf("only %d quotes", len(quotes))
	}
	for _, quote := range quotes {
		text := strings.Join(strings.Fields(strings.Join(quote[1:], "")), " ")
		if !strings.Contains(said.String(), text) {
			t.Errorf("no verdict says %q", text)
		}
	}
}
