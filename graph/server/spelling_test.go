package server

import (
	"strings"
	"testing"
)

func TestWhatCannotBeReadIsSaidInWords(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		`{ hello(name: "abc) }`:                      "the string that begins at line 1, column 15 is not closed",
		"{\n  # é\n  hello(name: \"日本\n\") }":        "the string that begins at line 3, column 15 is not closed",
		"{ hello }\n# é\n{ hello(name: \"\"\"abc) }": "the string that begins at line 3, column 15 is not closed",
		`{ hello ? }`:           `unexpected character '?'`,
		`{ é: hello }`:          `unexpected character 'é'`,
		`{ hello(name: 01) }`:   `Invalid number, unexpected digit after 0: "1".`,
		`{ hello(name: "\q") }`: `Invalid character escape sequence: \q.`,
	} {
		answer := ask(t, post(query(document)))
		errs := decode(t, answer.Body.String()).Errors
		if len(errs) != 1 || errs[0].Message != want {
			t.Errorf("%s is answered %s, want %s", document, answer.Body, want)
		}
	}
}

func TestTheRestOfADocumentIsNotRepeated(t *testing.T) {
	t.Parallel()
	answer := ask(t, post(query(`{ hello(name: "\u12`+strings.Repeat("z", 5000)+`") }`)))
	if answer.Body.Len() > 500 {
		t.Errorf("the answer has %d bytes: %.600s", answer.Body.Len(), answer.Body)
	}
}
