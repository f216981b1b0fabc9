package webhook

import (
	"strings"
	"testing"
)

func TestAnExcerptShowsNoPartOfTheCredentials(t *testing.T) {
	t.Parallel()
	const secret = "abcdefghij/klmno+pq&rstuvwxyz"
	for name, body := range map[string]string{
		"where it is cut":      strings.Repeat(" ", scanSaid-20) + secret,
		"escaped":              `{"echo":"` + strings.ReplaceAll(secret, "/", `\/`) + `"}`,
		"escaped as .NET does": `{"echo":"` + strings.NewReplacer("+", `\u002B`, "&", `\u0026`).Replace(secret) + `"}`,
		"escaped and cut":      strings.Repeat(" ", scanSaid-12) + strings.ReplaceAll(secret, "+", `\u002b`),
		"escaped in HTML":      "<p>" + strings.NewReplacer("&", "&amp;", "+", "&#43;").Replace(secret) + "</p>",
	} {
		if got := excerpt([]byte(body), "Bearer "+secret); strings.Contains(got, "abcdef") {
			t.Errorf("%s: shows %q", name, got)
		}
	}
	const harmless = `{"a":"\u0026 \n &amp;"}`
	if got := excerpt([]byte(harmless), "Bearer "+secret); got != harmless {
		t.Errorf("%q became %q", harmless, got)
	}
}
