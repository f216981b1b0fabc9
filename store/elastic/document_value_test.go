package elastic

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// longText is texts around the lengths at which keywords are shortened, of runes of every size.
var longText = rapid.Custom(func(t *rapid.T) string {
	unit := rapid.StringN(1, 9, -1).Draw(t, "unit")
	length := rapid.IntRange(0, 3*maxValue+9).Draw(t, "length")
	text := strings.ToValidUTF8(strings.Repeat(unit, length/len(unit)+1), "?")
	return text[:runeAtOrAfter(text, min(length, len(text)))]
})

func TestShortenedValuesKeepTheirEquality(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := longText.Draw(t, "a")
		b := rapid.SampledFrom([]string{a, a + "x", shortened(a), a[:runeAtOrBefore(a, maxValue)], a[:runeAtOrAfter(a, maxValue)]}).Draw(t, "b")
		keyword := shortened(a)
		if len(keyword) > maxValue+40 || !utf8.ValidString(keyword) {
			t.Errorf("the keyword has %d bytes", len(keyword))
		}
		if (shortened(b) == keyword) != (a == b) && b != keyword {
			t.Errorf("two values of %d and %d bytes have the same keyword", len(a), len(b))
		}
		if isShortened(keyword) != (len(a) > maxValue) {
			t.Errorf("a keyword of %d bytes is shortened: %v", len(a), isShortened(keyword))
		}
	})
}

func TestAPrefixOfAValueIsOneOfItsKeyword(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := longText.Draw(t, "value")
		prefix := value[:runeAtOrBefore(value, rapid.IntRange(0, len(value)).Draw(t, "cut"))]
		if len(prefix) <= maxValue && !strings.HasPrefix(shortened(value), prefix) {
			t.Errorf("a prefix of %d bytes of a value of %d is not one of its keyword", len(prefix), len(value))
		}
	})
}

func TestTiesHaveTheTotalOrder(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{"", "\x00", "\x01", "\x02", "a", "b", "é", "\x00\x00", "\x01\x01"})
	text := rapid.Map(rapid.SliceOfN(piece, 0, 4), func(parts []string) string { return strings.Join(parts, "") })
	rapid.Check(t, func(t *rapid.T) {
		a, b := [2]string{text.Draw(t, "org"), text.Draw(t, "id")}, [2]string{text.Draw(t, "org"), text.Draw(t, "id")}
		if got, want := strings.Compare(tieOf(a[0], a[1]), tieOf(b[0], b[1])), slices.Compare(a[:], b[:]); got != want {
			t.Errorf("%q and %q compare as %d, want %d", a, b, got, want)
		}
	})
}

func TestKeysAndTermsCannotBeMistaken(t *testing.T) {
	t.Parallel()
	if idOf("a", "bc") == idOf("ab", "c") || idOf("", "1:a") == idOf("a", "1:") {
		t.Error("two keys have one _id")
	}
	if extraTerm("a", "b\x00c") == extraTerm("a\x00b", "c") || extraTerm("\x00", "") == extraTerm("", "\x00") {
		t.Error("two additional properties have one term")
	}
	x, y, none := "x", "y", ""
	terms := []string{
		attributeTerm(&x, nil, nil), attributeTerm(nil, &x, nil), attributeTerm(nil, nil, &x), attributeTerm(nil, nil, nil),
		attributeTerm(&none, nil, nil), attributeTerm(&x, &y, nil), attributeTerm(&y, &x, nil), attributeTerm(&x, &none, &y),
	}
	slices.Sort(terms)
	if len(slices.Compact(terms)) != 8 {
		t.Error("two questions about attributes have one term")
	}
}
