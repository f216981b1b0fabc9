package webhook

import (
	"encoding/base64"
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

const (
	maxSaid  = 300     // characters of an answer that people are shown
	scanSaid = 8 << 10 // bytes of it that are looked at
	hidden   = "[hidden]"
)

// excerpt is the beginning of an answer on one line. A receiver may repeat what it was
// sent; the credentials are taken out.
func excerpt(body []byte, authorization string) string {
	text, secrets := string(body), secretsIn(authorization)
	for _, secret := range secrets { // before the cut, which may go through one
		text = strings.ReplaceAll(text, secret, hidden)
		text = strings.ReplaceAll(text, strings.ReplaceAll(secret, "/", `\/`), hidden) // as some write JSON
	}
	for _, secret := range secrets {
		if repeats(text[:min(len(text), scanSaid+maxEscape*len(secret))], secret) {
			return hidden
		}
	}
	text = strings.ToValidUTF8(text[:min(len(text), scanSaid)], "")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if characters := []rune(text); len(characters) > maxSaid {
		return string(characters[:maxSaid]) + "…"
	}
	return text
}

// jsonEscape is a character that is escaped in JSON.
var jsonEscape = regexp.MustCompile(`\\(u[0-9a-fA-F]{4}|["\\/])`)

// maxEscape is how many bytes one that is escaped may come to.
const maxEscape = 8

// repeats reports whether a text holds a secret with characters escaped, for which JSON
// and HTML have many ways. What is around it is then not worth finding.
func repeats(text, secret string) bool {
	plain := html.UnescapeString(jsonEscape.ReplaceAllStringFunc(text, func(escape string) string {
		if code, err := strconv.ParseUint(escape[2:], 16, 16); err == nil {
			return string(rune(code))
		}
		return escape[1:]
	}))
	return strings.Contains(plain, secret)
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
