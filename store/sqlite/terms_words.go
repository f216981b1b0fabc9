package sqlite

import (
	"slices"
	"strings"

	"github.com/authtrail/authtrail/audit/query"
)

// idWords returns the words of a value that are worth looking for: the long ones,
// since ids tend to begin with a word that many share, and those with a digit, which
// may be all that tells event-16 from other events. None means that the value has a
// term of its own.
func idWords(value string) []string {
	if len(value) > maxWordsValue {
		return nil
	}
	tokens := query.Tokens(value)
	telling := slices.DeleteFunc(slices.Clone(tokens), func(token string) bool { return len(token) < 4 && !strings.ContainsAny(token, "0123456789") })
	if len(telling) == 0 {
		return tokens
	}
	return telling
}

// hasIDWords reports whether idWords has any, without making them.
func hasIDWords(value string) bool {
	if len(value) > maxWordsValue {
		return false
	}
	for i := range len(value) {
		if c := value[i] | 0x20; c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return true
		}
	}
	return len(query.Tokens(value)) > 0
}

// maxWordsValue bounds the values that are looked for by their words, and with
// it the length of a question.
const maxWordsValue = 1024

// quoted writes words as a phrase of FTS5's query language.
func quoted(words ...string) string {
	return `"` + strings.ReplaceAll(strings.Join(words, " "), `"`, `""`) + `"`
}
