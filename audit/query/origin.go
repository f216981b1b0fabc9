package query

// foldedText is a folded text that remembers which rune of the original each of
// its bytes comes from: folding changes lengths, and what is highlighted is the
// original.
type foldedText struct {
	text    string
	origins []int // where the rune begins that a byte of text comes from
	length  int   // of the original
}

func foldWithOrigins(s string) foldedText {
	f := foldedText{length: len(s)}
	var folded []byte
	for i, r := range s {
		folded = appendFolded(folded, s[i:], r)
		for len(f.origins) < len(folded) {
			f.origins = append(f.origins, i)
		}
	}
	f.text = string(folded)
	return f
}

// end returns where the original of text[:to] ends. The marks that follow a rune
// belong to it, and a rune that became several is never divided.
func (f foldedText) end(to int) int {
	if to == 0 {
		return 0
	}
	for ; to < len(f.origins); to++ {
		if f.origins[to] != f.origins[to-1] {
			return f.origins[to]
		}
	}
	return f.length
}

// tokenSpans returns the tokens as [Tokens] does, and for each where the run
// that it was made of stands in the original.
func tokenSpans(s string) (tokens []string, places []Span) {
	f := foldWithOrigins(s)
	for at := 0; ; {
		word := nextWord(f.text, at)
		if word.start == word.end {
			return tokens, places
		}
		tokens = append(tokens, f.text[word.start:word.cut])
		places = append(places, Span{Start: f.origins[word.start], End: f.end(word.end)})
		at = word.end
	}
}
