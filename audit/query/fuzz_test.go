package query

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "payroll denied", `"identity prov"*`, "-a OR NOT (b -c*)", `result:Denied user:person7@*`, "event:x event:y OR event_name:x",
		"source_ip:::ffff:10.0.0.0/104", `time:>="2 days ago" time:<now`, "time:2261-12-31", `has:extra.a\ b`, `extra.a\:b:"x\"y"*`,
		"fo*o", "((", "AND", `"`, `\`, "a\xffb", "x:y", "***", "--(-*)",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		n, err := Parse(input, testNow)
		if err == nil {
			checkRoundTrip(t, n)
			Match(n, testDocument{"result": input})
			Highlight(n, "result", input)
			return
		}
		var mistake *SyntaxError
		if !errors.As(err, &mistake) {
			t.Fatalf("%q: the error %v has no position", input, err)
		}
		if mistake.Offset < 0 || mistake.Offset > len(input) || mistake.Column < 1 || mistake.Column > utf8.RuneCountInString(input)+1 {
			t.Fatalf("%q: the error %+v lies outside", input, mistake)
		}
		if _, err := parse(quoted(strings.ToValidUTF8(input, "")+"x"), testNow, math.MaxInt); err != nil {
			t.Fatalf("%q does not parse in quotes: %v", input, err)
		}
	})
}

func FuzzTokens(f *testing.F) {
	for _, seed := range []string{"", "Payroll denied", "126.0.0.1", "Zoe\u0308 İ ß ς ﬁ ½ ¨ 한글", "\xff\xc3a", "\u034f\u302e\u0327", strings.Repeat("é", 65)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tokens := Tokens(text)
		for _, token := range tokens {
			if n := utf8.RuneCountInString(token); n == 0 || n > maxTokenRunes || !slices.Equal(Tokens(token), []string{token}) {
				t.Fatalf("%q has the token %q", text, token)
			}
		}
		if again := Tokens(Fold(text)); !slices.Equal(again, tokens) {
			t.Fatalf("Tokens(%q) = %q, and %q once folded", text, tokens, again)
		}
		if folded := Fold(text); Fold(folded) != folded {
			t.Fatalf("Fold(%q) = %q, which folds to %q", text, folded, Fold(folded))
		}
		if spans, _ := tokenSpans(text); !slices.Equal(spans, tokens) {
			t.Fatalf("%q has the tokens %q, and with places %q", text, tokens, spans)
		}
	})
}

func FuzzParseTime(f *testing.F) {
	for _, seed := range []string{
		"2026-11-01T10:20:30.123456789+05:30", "2026-11-01 10:20", "2026-11-01", "now", "today - 2 days", "in 30 days", "2 weeks ago",
		"now-99999999999999999999y", "2261-12-31T23:59:60Z", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := ParseTime(text, testNow)
		if err != nil {
			return
		}
		if !inTime(at) {
			t.Fatalf("%q is %v", text, at)
		}
		if again, err := ParseTime(timeText(at), testNow); err != nil || again != at {
			t.Fatalf("%q is %v, which reads as %v (%v)", text, at, again, err)
		}
	})
}
