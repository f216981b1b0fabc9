package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/authtrail/authtrail/terminal"
)

// drawing is text that is made to fit a screen.
type drawing struct {
	screen terminal.Screen
	text   strings.Builder
}

// line adds a line as it is.
func (d *drawing) line(text string) { d.text.WriteString(text + "\n") }

// wrapped adds a text that others wrote, in lines that fit; those after the first are indented.
func (d *drawing) wrapped(text, indent string) {
	for i, line := range terminal.Wrap(terminal.Clean(text), d.screen.Width-len(indent)) {
		if i > 0 {
			line = indent + line
		}
		d.line(line)
	}
}

// facts adds what there is of some facts.
func (d *drawing) facts(facts ...string) {
	if facts = present(facts...); len(facts) > 0 {
		d.wrapped(strings.Join(facts, " · "), "  ")
	}
}

// hung adds a text that others wrote, with something before it and its lines below each other.
func (d *drawing) hung(before, text string) {
	width := utf8.RuneCountInString(before)
	for i, line := range terminal.Wrap(terminal.Clean(text), d.screen.Width-width) {
		if i > 0 {
			before = strings.Repeat(" ", width)
		}
		d.line(strings.TrimRight(before+line, " "))
	}
}

// present returns the texts that there are.
func present(texts ...string) []string {
	return slices.DeleteFunc(texts, func(text string) bool { return text == "" })
}

// counted returns a number of things in words, such as "1 stage" or "2 stages".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

func text(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}
