package query

import (
	"fmt"
	"unicode/utf8"
)

// SyntaxError says what is wrong with a search, and where.
type SyntaxError struct {
	Offset  int    // in bytes, from 0; the length of the input when something is missing at its end
	Column  int    // in characters, from 1
	Message string // for the person who typed it: what is wrong, and what to write instead
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("column %d: %s", e.Column, e.Message) }

func syntaxError(input string, offset int, format string, args ...any) *SyntaxError {
	return &SyntaxError{
		Offset:  offset,
		Column:  utf8.RuneCountInString(input[:offset]) + 1,
		Message: fmt.Sprintf(format, args...),
	}
}

// shortened keeps what is quoted in a message to a readable length.
func shortened(text string) string {
	const limit = 60
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return text
}
