package webhook

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxSaid  = 300     // characters of an answer that people are shown
	scanSaid = 8 << 10 // bytes of it that are looked at
	hidden   = "[hidden]"
)

// concealed are the credentials of a request, which its answer may repeat.
type concealed struct {
	authorization string
	secrets       []string
	parts         []parts // of each
	longest       int     // bytes
}

func conceal(authorization string) *concealed {
	c := &concealed{authorization: authorization, secrets: secretsIn(authorization)}
	for _, secret := range c.secrets {
		c.parts = append(c.parts, partsOf(secret))
		c.longest = max(c.longest, len(secret))
	}
	return c
}

// excerpt is the beginning of an answer on one line. A receiver may repeat what it was
// sent. Credentials that stand there as they are, are taken out; where a part of them
// does, or they are written otherwise, what is around them is not worth finding.
func (c *concealed) excerpt(body []byte) string {
	shown := shownBytes(body)
	text := string(body[:min(len(body), shown+c.longest+maxEscape*telling)]) // what is cut may be one
	for _, secret := range c.secrets {
		text = strings.ReplaceAll(text, secret, hidden)
		text = strings.ReplaceAll(text, strings.ReplaceAll(secret, "/", `\/`), hidden) // as some write JSON
	}
	if c.repeats(text) {
		return hidden
	}
	text = strings.ToValidUTF8(text[:min(len(text), shown)], "")
	text = strings.Join(strings.FieldsFunc(text, isBlank), " ")
	if characters := []rune(text); len(characters) > maxSaid {
		return string(characters[:maxSaid]) + "…"
	}
	return text
}

func isBlank(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }

// shownBytes is how many bytes of an answer have as many characters as are shown.
func shownBytes(body []byte) int {
	at, characters := 0, 0
	for at < min(len(body), scanSaid) && characters <= maxSaid {
		r, size := utf8.DecodeRune(body[at:])
		if !isBlank(r) {
			characters++
		}
		at += size
	}
	return at
}

// secretsIn returns what of an Authorization header must not be shown.
func secretsIn(authorization string) []string {
	scheme, credentials, _ := strings.Cut(authorization, " ")
	if credentials == "" {
		return nil
	}
	secrets := []string{credentials}
	if plain, err := base64.StdEncoding.DecodeString(credentials); err == nil && scheme == "Basic" {
		if _, password, _ := strings.Cut(string(plain), ":"); password != "" {
			secrets = append(secrets, password)
		}
	}
	return secrets
}
