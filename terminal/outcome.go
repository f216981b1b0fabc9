package terminal

import "strings"

// Outcome returns how a login flow ended, as the API names it, in a word with a
// sign, and the style of both.
func Outcome(name string) (string, Style) {
	word := strings.ToLower(strings.ReplaceAll(name, "_", " "))
	switch name {
	case "SUCCEEDED":
		return "✓ " + word, Good
	case "DENIED", "FAILED":
		return "✗ " + word, Bad
	case "TIMED_OUT", "EXPIRED":
		return "! " + word, Late
	case "IN_PROGRESS":
		return "… " + word, Busy
	}
	return "· " + word, Quiet
}

// ResultStyle returns the style of a step's result.
func ResultStyle(result string) Style {
	switch strings.ToLower(result) {
	case "success", "codeissued":
		return Good
	case "denied", "failure":
		return Bad
	case "timeout", "sessionexpired":
		return Late
	}
	return Plain
}
