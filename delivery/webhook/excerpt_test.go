package webhook

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"net/url"
	"strings"
	"testing"
)

func TestAnExcerptShowsNoPartOfTheCredentials(t *testing.T) {
	t.Parallel()
	const secret = "abcdefghij/klmno+pq&rstuvwxyz"
	coded := base64.StdEncoding.EncodeToString
	for name, body := range map[string]string{
		"as they are":             "You sent Bearer " + secret,
		"where it is cut":         strings.Repeat(" ", scanSaid-20) + secret,
		"escaped":                 `{"echo":"` + strings.ReplaceAll(secret, "/", `\/`) + `"}`,
		"escaped as .NET does":    `{"echo":"` + strings.NewReplacer("+", `\u002B`, "&", `\u0026`).Replace(secret) + `"}`,
		"escaped and cut":         strings.Repeat(" ", scanSaid-12) + strings.ReplaceAll(secret, "+", `\u002b`),
		"escaped in HTML":         "<p>" + strings.NewReplacer("&", "&amp;", "+", "&#43;").Replace(secret) + "</p>",
		"escaped in a URL":        "/login?next=" + url.QueryEscape(secret),
		"in a URL in HTML":        html.EscapeString(`<a href="/login?a=b&token=` + url.QueryEscape(secret) + `">`),
		"in a URL in JSON":        `{"next":"\/login?token=` + strings.ReplaceAll(url.QueryEscape(secret), "%", `\u0025`) + `"}`,
		"cut by the receiver":     "invalid token " + secret[:9] + "…",
		"its end":                 "invalid token …" + secret[20:],
		"in capitals":             "INVALID TOKEN " + strings.ToUpper(secret),
		"in base64":               coded([]byte(secret)),
		"in base64, not at first": coded([]byte("Bearer " + secret)),
		"in base64, and cut":      coded([]byte("X " + secret))[:20],
		"in base64 for URLs":      base64.URLEncoding.EncodeToString([]byte(" " + secret)),
		"in hex":                  hex.EncodeToString([]byte(secret)),
		"after much else":         strings.Repeat("x", maxSaid-4) + secret,
	} {
		got := conceal("Bearer " + secret).excerpt([]byte(body))
		for _, part := range []string{"abcdef", "ABCDEF", "uvwxyz", "YWJjZGVm", "FiY2RlZm", "JjZGVm", "616263646566"} {
			if strings.Contains(got, part) {
				t.Errorf("%s: shows %q", name, got)
			}
		}
		if len([]rune(got)) > maxSaid+1 {
			t.Errorf("%s: shows %d characters", name, len([]rune(got)))
		}
	}
}

func TestAnExcerptShowsWhatIsNoSecret(t *testing.T) {
	t.Parallel()
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("me:swordfish-7781"))
	for body, want := range map[string]string{
		`{"a":"\u0026 \n &amp;"}`:              `{"a":"\u0026 \n &amp;"}`,
		"The password of me is\twrong":         "The password of me is wrong",
		"not swordfish-7781, nor bWU6c3dvcm":   "[hidden]",
		"not swordfish-7781!":                  "not [hidden]!",
		"a 100 % sure sword":                   "a 100 % sure sword",
		"\x00\x01 " + strings.Repeat("ü", 400): strings.Repeat("ü", maxSaid) + "…",
		"":                                     "",
	} {
		if got := conceal(basic).excerpt([]byte(body)); got != want {
			t.Errorf("%q became %q, want %q", body, got, want)
		}
	}
	if got := conceal("").excerpt([]byte("taken")); got != "taken" {
		t.Errorf("without credentials it is %q", got)
	}
}
