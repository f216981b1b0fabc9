package server

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
)

// longestMistake is how many bytes of what the lexer says are shown: it repeats
// the rest of the document.
const longestMistake = 120

// mendSpelling gives the reason to an error of the parser about a token that the
// lexer could not read; the parser keeps that to itself.
func mendSpelling(err *gqlerror.Error, document string) {
	if !strings.HasSuffix(err.Message, "<Invalid>") {
		return
	}
	tokens := lexer.New(&ast.Source{Input: document})
	for {
		token, mistake := tokens.ReadToken()
		if mistake != nil {
			err.Message = spellingOf(token, mistake, document)
			return
		}
		if token.Kind == lexer.EOF {
			return
		}
	}
}

func spellingOf(token lexer.Token, mistake error, document string) string {
	message := mistake.Error()
	var located *gqlerror.Error
	if errors.As(mistake, &located) {
		message = located.Message
	}
	characters := []rune(document)
	start := min(token.Pos.Start, len(characters))
	switch {
	case message == "Unterminated string.":
		line, column := place(beforeQuotes(string(characters[:start])))
		return fmt.Sprintf("the string that begins at line %d, column %d is not closed", line, column)
	case strings.HasPrefix(message, "Cannot parse the unexpected character") && start < len(characters):
		return fmt.Sprintf("unexpected character %q", characters[start]) // the lexer shows one byte of it
	case len(message) > longestMistake:
		return strings.ToValidUTF8(message[:longestMistake], "") + "…"
	}
	return message
}

// beforeQuotes returns a text without the quotes at its end that open a string.
func beforeQuotes(text string) string {
	if block, ok := strings.CutSuffix(text, `"""`); ok {
		return block
	}
	return strings.TrimSuffix(text, `"`)
}

// place returns the line and column of what follows a text.
func place(text string) (line, column int) {
	return strings.Count(text, "\n") + 1, utf8.RuneCountInString(text[strings.LastIndexByte(text, '\n')+1:]) + 1
}
