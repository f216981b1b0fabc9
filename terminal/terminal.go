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
	"golang.org/x/text/width"
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
		if size, _, err := term.GetSize(int(file.Fd())); err == nil && size > 0 {
			return size
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

// Cut returns as much of the text as width columns show, with an ellipsis where
// it was cut.
func Cut(text string, width int) string {
	if cells(text) <= width {
		return text
	}
	if width < 1 {
		return ""
	}
	left := width - 1
	for i, r := range text {
		if left -= cellsOf(r); left < 0 {
			return text[:i] + "…"
		}
	}
	return text
}

// cells returns how many columns of a terminal a text takes.
func cells(text string) int {
	total := 0
	for _, r := range text {
		total += cellsOf(r)
	}
	return total
}

// cellsOf returns 2 for what East Asian scripts and emoji are written with, and
// 0 for marks, which stand on the letter before them.
func cellsOf(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r < 0x1100:
		return 1
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// pad returns the text, made harmless, in exactly so many columns.
func pad(text string, width int) string {
	text = Cut(Clean(text), width)
	return text + strings.Repeat(" ", width-cells(text))
}
