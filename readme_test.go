package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestTheREADMEsQuestionHasTheREADMEsAnswer(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "data")
	mustRun(t, "import", "--data", data, sample)
	url, _ := serverIn(t, data)
	var want struct{ Data any }
	if err := json.Unmarshal([]byte(block(t, string(text), "json")), &want); err != nil {
		t.Fatal(err)
	}
	var got any
	ask(t, url, block(t, string(text), "graphql"), &got)
	if !reflect.DeepEqual(got, want.Data) {
		answer, _ := json.MarshalIndent(got, "", "  ")
		t.Errorf("the server answers\n%s", answer)
	}
}

// block returns the first block of code in a language.
func block(t *testing.T, markdown, language string) string {
	t.Helper()
	_, rest, found := strings.Cut(markdown, "```"+language+"\n")
	code, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatalf("there is no block of %s", language)
	}
	return code
}
