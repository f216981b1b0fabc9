package webhook

import (
	"strings"
	"testing"
)

func TestAnExcerptShowsNoPartOfTheCredentials(t *testing.T) {
	t.Parallel()
	const secret = "abcdefghij/klmnopqrstuvwxyz"
	for name, body := range map[string]string{
		"where it is cut": strings.Repeat(" ", scanSaid-20) + secret,
		"escaped":         `{"echo":"` + strings.ReplaceAll(secret, "/", `\/`) + `"}`,
	} {
		if got := excerpt([]byte(body), "Bearer "+secret); strings.Contains(got, "abcdef") {
			t.Errorf("%s: shows %q", name, got)
		}
	}
}
