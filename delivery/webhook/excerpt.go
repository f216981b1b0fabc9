package webhook

import (
	"encoding/base64"
	"strings"
	"unicode"
)

const (
	maxSaid  = 300     // characters of an answer that people are shown
	scanSaid = 8 << 10 // bytes of it that are looked at
)

// excerpt is the beginning of an answer on one line. A receiver may repeat what it was
// sent; the credentials are taken out.
func excerpt(body []byte, authorization string) string {
	text := string(body)
	for _, secret := range secretsIn(authorization) { // before the cut, which may go through one
		text = strings.ReplaceAll(text, secret, "[hidden]")
		text = strings.ReplaceAll(text, strings.ReplaceAll(secret, "/", `\/`), "[hidden]") // as some write JSON
	}
	text = strings.ToValidUTF8(text[:min(len(text), scanSaid)], "")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if characters := []rune(text); len(characters) > maxSaid {
		return string(characters[:maxSaid]) + "…"
	}
	return text
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
