// Package terminal is how the commands show things to a person: progress,
// columns that fit the window, and a login flow as a waterfall.
package terminal

import (
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// Unbounded is the width of output that goes to no terminal: there, nothing is
// cut, since a program may read it.
const Unbounded = 1 << 20

// IsTerminal reports whether what is written to w is seen on a terminal.
func IsTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// Width returns how many columns fit into the window of w, Unbounded where there
// is none.
func Width(w io.Writer) int {
	if file, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return Unbounded
}

// Clean replaces the control characters of a text, so that a record cannot move
// the cursor or colour the screen of whoever looks at it.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError || unicode.Is(unicode.Bidi_Control, r) {
			return '·'
		}
		return r
	}, text)
}

// Cut returns the text in at most width runes, with an ellipsis where it was cut.
func Cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	if width < 1 {
		return ""
	}
	return string([]rune(text)[:width-1]) + "…"
}
