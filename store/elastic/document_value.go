package elastic

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxValue is how many bytes of a value are a keyword. The engine refuses
// keywords of more than 32,766.
const maxValue = 4 << 10

// shortened returns the keyword of a value: the value itself, or of a long one its
// beginning and a hash of all of it. No short value equals that, as it is longer
// than all of them. A prefix of up to maxValue bytes can be asked of either.
func shortened(value string) string {
	if len(value) <= maxValue {
		return value
	}
	return value[:runeAtOrAfter(value, maxValue)] + "\x00" + digest(value)
}

// isShortened reports whether a keyword stands for a longer value.
func isShortened(keyword string) bool { return len(keyword) > maxValue }

// runeAtOrBefore and runeAtOrAfter return the place nearest to i where a rune begins or the text ends.
func runeAtOrBefore(text string, i int) int {
	for i > 0 && i < len(text) && !utf8.RuneStart(text[i]) {
		i--
	}
	return min(i, len(text))
}

func runeAtOrAfter(text string, i int) int {
	for i < len(text) && !utf8.RuneStart(text[i]) {
		i++
	}
	return min(i, len(text))
}

// escaped returns the text without NULs, so that a NUL can end it. The order of
// two texts, byte by byte, is that of their escaped forms.
func escaped(text string) string { return escaper.Replace(text) }

var escaper = strings.NewReplacer("\x00", "\x01\x01", "\x01", "\x01\x02")

// extraTerm returns the unshortened keyword of an additional property's path and
// folded value; with only the beginning of a value, what such keywords begin with.
func extraTerm(path, folded string) string { return shortened(escaped(path)) + "\x00" + folded }

// attributeTerm returns the keyword of an attribute that has what is not nil: its type, id and org.
func attributeTerm(kind, id, org *string) string {
	var parts strings.Builder
	for _, part := range []*string{kind, id, org} {
		if part == nil {
			parts.WriteByte('-')
			continue
		}
		parts.WriteString(strconv.Itoa(len(*part)) + ":" + *part)
	}
	return digest(parts.String())
}

// maxTieOrg is how many bytes of an org decide the order of records of one
// instant; of two longer orgs that begin alike, their hashes do.
const maxTieOrg = 8 << 10

// tieOf returns a keyword whose order is that of (org, unique_id).
func tieOf(org, uniqueID string) string {
	if len(org) > maxTieOrg {
		org = org[:runeAtOrAfter(org, maxTieOrg)] + digest(org)
	}
	return escaped(org) + "\x00" + uniqueID
}

// idOf returns the _id of the record with a key.
func idOf(org, uniqueID string) string {
	return digest(strconv.Itoa(len(org)) + ":" + org + uniqueID)
}

// digest returns 192 bits of a SHA-256 as 32 characters, which the engine keeps
// as 24 bytes where they are an _id. Nobody can make two texts with the same.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:24])
}
