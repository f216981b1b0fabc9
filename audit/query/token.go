package query

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxTokenRunes is where a token is cut: nobody types longer words, and engines
// have limits of their own that must never decide.
const maxTokenRunes = 64

// Tokens returns the words of a text, in order: runs of letters, marks and
// digits, folded as by [Fold] and cut at 64 runes. Everything else separates,
// the underscore too, so "126.0.0.1" is four tokens.
//
// Tokens consist of nothing but letters and digits, and the tokens of tokens
// are those tokens.
func Tokens(s string) []string { return AppendTokens(nil, s) }

// AppendTokens appends the tokens of s to dst. For a text in ASCII it allocates
// at most once besides dst: the tokens are parts of one string.
func AppendTokens(dst []string, s string) []string {
	folded := Fold(s)
	for at := 0; ; {
		word := nextWord(folded, at)
		if word.start == word.end {
			return dst
		}
		dst = append(dst, folded[word.start:word.cut])
		at = word.end
	}
}

// Fold returns the text as it is compared: compatibility-decomposed (NFKD),
// without combining marks, in lower case. Folding twice changes nothing.
//
// Without its marks, a text folds rune by rune: what surrounds a rune never
// matters. Lower case is Unicode's simple mapping, so ß stays ß, except that a
// final ς becomes σ, as the capital is the same for both. Bytes that are no
// UTF-8 become U+FFFD, one each.
func Fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	folded := make([]byte, 0, len(s)+len(s)/2)
	for i, r := range s {
		folded = appendFolded(folded, s[i:], r)
	}
	return string(folded)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// appendFolded appends what becomes of r, the first rune of text.
func appendFolded(dst []byte, text string, r rune) []byte {
	switch {
	case r < utf8.RuneSelf:
		return append(dst, lowerASCII(byte(r)))
	case r == utf8.RuneError:
		return utf8.AppendRune(dst, r)
	case r >= hangulFirst && r <= hangulLast:
		return appendJamo(dst, r)
	}
	decomposed := norm.NFKD.PropertiesString(text).Decomposition()
	if decomposed == nil {
		return appendLower(dst, r)
	}
	for len(decomposed) > 0 {
		part, size := utf8.DecodeRune(decomposed)
		dst = appendLower(dst, part)
		decomposed = decomposed[size:]
	}
	return dst
}

func lowerASCII(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// appendLower appends the lower case of a rune that does not decompose; marks vanish.
func appendLower(dst []byte, r rune) []byte {
	switch {
	case unicode.IsMark(r):
		return dst
	case r == 'ς':
		r = 'σ'
	}
	return utf8.AppendRune(dst, unicode.ToLower(r))
}

// The Hangul syllables, and the jamo that they decompose to by arithmetic: the
// norm package keeps no table of them (Unicode Standard, section 3.12).
const (
	hangulFirst, hangulLast = 0xAC00, 0xD7A3
	jamoL, jamoV, jamoT     = 0x1100, 0x1161, 0x11A7
	jamoVCount, jamoTCount  = 21, 28
)

func appendJamo(dst []byte, syllable rune) []byte {
	index := syllable - hangulFirst
	dst = utf8.AppendRune(dst, jamoL+index/(jamoVCount*jamoTCount))
	dst = utf8.AppendRune(dst, jamoV+index%(jamoVCount*jamoTCount)/jamoTCount)
	if t := index % jamoTCount; t > 0 {
		dst = utf8.AppendRune(dst, jamoT+t)
	}
	return dst
}

// word is where a token lies in a folded text: it is text[start:cut], and the
// run that it was cut from goes on to end.
type word struct{ start, cut, end int }

// nextWord finds the first token at or after a place; start == end when there is none.
func nextWord(folded string, from int) word {
	start := from
	for start < len(folded) {
		inWord, size := wordRuneAt(folded, start)
		if inWord {
			break
		}
		start += size
	}
	found := word{start: start}
	end, runes := start, 0
	for ; end < len(folded); runes++ {
		inWord, size := wordRuneAt(folded, end)
		if !inWord {
			break
		}
		end += size
		if runes < maxTokenRunes {
			found.cut = end
		}
	}
	found.end = end
	return found
}

// wordRuneAt reports whether the rune at a place belongs to a token, and its size.
func wordRuneAt(folded string, at int) (bool, int) {
	if c := folded[at]; c < utf8.RuneSelf {
		return wordBytes[c], 1
	}
	return wideWordRuneAt(folded[at:]) // apart, so that the way of ASCII is inlined
}

func wideWordRuneAt(text string) (bool, int) {
	r, size := utf8.DecodeRuneInString(text)
	return isWordRune(r), size
}

// isWordRune reports whether a folded rune belongs to a token.
func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// wordBytes is isWordRune for ASCII, which nearly all text is.
var wordBytes = func() (bytes [utf8.RuneSelf]bool) {
	for c := range bytes {
		bytes[c] = isWordRune(rune(c))
	}
	return bytes
}()
