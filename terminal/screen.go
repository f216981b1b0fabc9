package terminal

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Screen is what something is drawn for.
type Screen struct {
	Width  int  // how many columns fit
	Colour bool // colours are seen
	// Whole is set where tables may not be shortened: nobody looks at a window, and
	// what is written may be searched or read by a program.
	Whole bool
}

// Page is how many columns fit where there is no window.
const Page = 100

// ScreenOf returns the screen that is seen by who reads w: the window, in colour
// unless NO_COLOR is set or the terminal is dumb; else a page without colour.
func ScreenOf(w io.Writer) Screen {
	if !IsTerminal(w) {
		return Screen{Width: Page, Whole: true}
	}
	return Screen{Width: min(Width(w), widest), Colour: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// widest is the width at which wider drawings say nothing more.
const widest = 240

// IsTerminal reports whether what is written to w is seen on a terminal.
func IsTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// Width returns how many columns fit into the window of w, Page where there is none.
func Width(w io.Writer) int {
	if file, ok := w.(*os.File); ok {
		if size, _, err := term.GetSize(int(file.Fd())); err == nil && size > 0 {
			return size
		}
	}
	return Page
}

// Style is how a text looks where colours are seen.
type Style uint8

// The styles.
const (
	Plain  Style = iota
	Good         // green: it went well
	Bad          // red: it was refused
	Late         // yellow: it took too long
	Busy         // blue: it goes on
	Quiet        // dim: it matters less
	Strong       // bold: it matters most
)

var codes = [...]string{Good: "32", Bad: "31", Late: "33", Busy: "36", Quiet: "2", Strong: "1"}

// Paint returns the text in a style. The text must be clean.
func (s Screen) Paint(style Style, text string) string {
	if !s.Colour || style == Plain || text == "" {
		return text
	}
	return "\x1b[" + codes[style] + "m" + text + "\x1b[0m"
}
