// Package terminal is how the commands show things to a person: progress,
// columns that fit the window, and a login flow as a waterfall.
package terminal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

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
	return head(text, width-1) + "…"
}

// CutMiddle is Cut for ids, which people know by their ends: it takes the middle out.
func CutMiddle(text string, width int) string {
	if cells(text) <= width || width < 3 {
		return Cut(text, width)
	}
	end := (width - 1) / 2
	begin := head(text, width-1-end)
	runes := []rune(text)
	from := len(runes)
	for left := end; from > 0; from-- {
		if left -= cellsOf(runes[from-1]); left < 0 {
			break
		}
	}
	return begin + "…" + string(runes[from:])
}

// head returns the beginning of a text that fits into width columns.
func head(text string, width int) string {
	for i, r := range text {
		if width -= cellsOf(r); width < 0 {
			return text[:i]
		}
	}
	return text
}

// Wrap returns the text in lines of at most width columns, broken between words
// where there are any.
func Wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && cells(line)+1+cells(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		for line += word; cells(line) > max(width, 2); { // a word that is longer than a line
			part := head(line, max(width, 2))
			lines, line = append(lines, part), line[len(part):]
		}
	}
	return append(lines, line)
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

// pad returns a clean text in exactly so many columns.
func pad(text string, width int) string {
	text = Cut(text, width)
	return text + strings.Repeat(" ", max(width-cells(text), 0))
}
