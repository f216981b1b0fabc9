package query

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestTokensAreFoldedRunsOfLettersAndDigits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                          nil,
		" --- \t\n":                 nil,
		"Payroll Denied":            {"payroll", "denied"},
		"126.0.0.1":                 {"126", "0", "0", "1"},
		"person7@org0.example":      {"person7", "org0", "example"},
		"target_resource_name":      {"target", "resource", "name"},
		"Zoë":                       {"zoe"}, // precomposed
		"Zoe\u0308":                 {"zoe"}, // decomposed
		"e\u0301\u0323te":           {"ete"}, // several marks, in an order that is not canonical
		"\u0301 x \u0301":           {"x"},   // marks alone are no word
		"İstanbul":                  {"istanbul"},
		"ΟΔΟΣ οδος οδός":            {"οδοσ", "οδοσ", "οδοσ"},
		"Straße STRASSE ẞ":          {"straße", "strasse", "ß"},
		"ﬁle ﬃ":                     {"file", "ffi"},
		"Ｆｕｌｌ－１２":                   {"full", "12"},
		"½":                         {"1", "2"}, // 1⁄2
		"a¨b":                       {"a", "b"}, // ¨ becomes a space and a mark
		"x² ㎏ Ⅷ":                    {"x2", "kg", "viii"},
		"한글 \u1112\u1161\u11ab":     {"\u1112\u1161\u11ab\u1100\u1173\u11af", "\u1112\u1161\u11ab"},
		"二〇二六年":                     {"二〇二六年"},
		"🎉party🎉":                   {"party"},
		"pay\xffroll\xc3":           {"pay", "roll"}, // bytes that are no UTF-8 separate
		"\uFFFDa\uFFFD":             {"a"},
		"K\u212a \u2126":            {"kk", "ω"}, // Kelvin and Ohm signs
		strings.Repeat("ab", 40):    {strings.Repeat("ab", 32)},
		strings.Repeat("é", 70):     {strings.Repeat("e", 64)},
		strings.Repeat("я", 65):     {strings.Repeat("я", 64)},
		strings.Repeat("a", 64):     {strings.Repeat("a", 64)},
		strings.Repeat("a-", 3):     {"a", "a", "a"},
		"https://auth.org0.example": {"https", "auth", "org0", "example"},
	} {
		if got := Tokens(text); !slices.Equal(got, want) {
			t.Errorf("Tokens(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestFoldKeepsWhatSeparates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                    "",
		"already folded":      "already folded",
		"Person7@Org0":        "person7@org0",
		"Zoë  Müller":         "zoe  muller",
		"Zoe\u0308":           "zoe",
		"\u0301":              "",
		"a\u00a0b":            "a b",
		"（＊）":                 "(*)",
		"\xff\xfe":            "\uFFFD\uFFFD",
		"\u0130\u0049\u0131":  "iiı",
		"soft\u00adhyphen":    "soft\u00adhyphen",
		"CORP\\Alice":         "corp\\alice",
		"🏴\u200d☠\ufe0f flag": "🏴\u200d☠ flag",
	} {
		if got := Fold(text); got != want {
			t.Errorf("Fold(%q) = %q, want %q", text, got, want)
		}
	}
}

// Folding goes rune by rune, so that every rune folds well is all there is to show.
func TestEveryRuneFoldsToItsDecompositionAndNoFurther(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		text := string(r)
		want := strings.Map(func(r rune) rune {
			if unicode.IsMark(r) {
				return -1
			}
			return unicode.ToLower(r)
		}, norm.NFKD.String(text))
		want = strings.ReplaceAll(want, "ς", "σ")
		folded := Fold(text)
		if folded != want {
			t.Errorf("Fold(%U) = %q, want %q", r, folded, want)
		}
		if again := Fold(folded); again != folded {
			t.Errorf("Fold(%U) = %q, which folds to %q", r, folded, again)
		}
	}
}

func TestTextTablesAgreeOnTheEditionOfUnicode(t *testing.T) {
	t.Parallel()
	if norm.Version != unicode.Version {
		t.Errorf("golang.org/x/text knows Unicode %s and the standard library %s: "+
			"new characters would not fold to what they are stored as once these agree", norm.Version, unicode.Version)
	}
}

func TestFoldingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := anyText.Draw(t, "text")
		folded := Fold(text)
		if again := Fold(folded); again != folded {
			t.Fatalf("Fold(%q) = %q, which folds to %q", text, folded, again)
		}
		if !utf8.ValidString(folded) {
			t.Fatalf("Fold(%q) = %q is no UTF-8", text, folded)
		}
		tokens := Tokens(text)
		if again := Tokens(strings.Join(tokens, " ")); !slices.Equal(again, tokens) {
			t.Fatalf("Tokens(%q) = %q, whose tokens are %q", text, tokens, again)
		}
		if viaFold := Tokens(folded); !slices.Equal(viaFold, tokens) {
			t.Fatalf("Tokens(Fold(%q)) = %q, want %q", text, viaFold, tokens)
		}
	})
}

func TestNormalisedTextsFoldAlike(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		for _, form := range []norm.Form{norm.NFC, norm.NFD, norm.NFKC, norm.NFKD} {
			if got, want := Fold(form.String(text)), Fold(text); got != want {
				t.Fatalf("%q in form %v folds to %q, want %q", text, form, got, want)
			}
		}
	})
}

func TestTokensKnowTheirPlaces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := anyText.Draw(t, "text")
		tokens, places := tokenSpans(text)
		if want := Tokens(text); !reflect.DeepEqual(tokens, want) {
			t.Fatalf("tokenSpans(%q) = %q, want %q", text, tokens, want)
		}
		for i, place := range places {
			if place.Start < 0 || place.End > len(text) || place.Start >= place.End {
				t.Fatalf("token %q of %q has the place %v", tokens[i], text, place)
			}
			if !slices.Contains(Tokens(text[place.Start:place.End]), tokens[i]) {
				t.Fatalf("at %v of %q there is no %q", place, text, tokens[i])
			}
		}
	})
}

func TestAppendTokensKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	got := AppendTokens([]string{"first"}, "Second third")
	if want := []string{"first", "second", "third"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTokensOfLowerCaseASCIINeedNoMemory(t *testing.T) {
	dst := make([]string, 0, 16)
	if n := testing.AllocsPerRun(100, func() { dst = AppendTokens(dst[:0], "smp-000000008 org-000 132.0.0.193") }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// anyText draws texts full of what is difficult.
var anyText = rapid.Custom(func(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{"a", "Zoë", "e\u0301", "\u0301", "İ", "ß", "Σς", "ﬁ", "½", "한", "Ａ", "🎉", "\xff", "\xc3", " ", "_", "-", "\u034f", "\u302e"}),
	), 0, 8).Draw(t, "parts"), "")
})
