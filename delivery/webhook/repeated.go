package webhook

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// telling is how many characters of a secret in a row give it away, where it has more.
const telling = 8

// maxEscape is how many bytes a character that is escaped may come to.
const maxEscape = 8

// repeats reports whether a text holds one of the secrets, or a telling part of it, in one
// of the ways in which texts are written in others.
func (c *concealed) repeats(text string) bool {
	if len(c.secrets) == 0 {
		return false
	}
	forms := []string{strings.ToLower(text)}
	for _, read := range []func(string) string{unescapeJSON, html.UnescapeString, unescapeURL} {
		for _, form := range forms { // one within the other, too, as a URL in JSON
			if plain := strings.ToLower(read(form)); plain != form {
				forms = append(forms, plain)
			}
		}
	}
	for _, parts := range c.parts {
		for _, form := range forms {
			if parts.in(form) {
				return true
			}
		}
	}
	return false
}

// parts are pieces of one length of which none may be in a text.
type parts map[int]map[string]bool // by their length

// partsOf returns all telling pieces of a secret, as it is, in hex and in base64, which
// writes it in three ways, depending on where in its text it begins. Case is left out, as
// some texts lose it.
func partsOf(secret string) parts {
	p := parts{}
	p.add(secret, telling)
	if len(secret) < telling/2 {
		return p // which would be found everywhere
	}
	p.add(hex.EncodeToString([]byte(secret)), 2*telling)
	for before := range 3 {
		text := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", before) + secret))
		first, last := (8*before+5)/6, (before+len(secret))*8/6 // what the secret alone decides
		p.add(text[first:last], 4*telling/3)
		p.add(strings.NewReplacer("+", "-", "/", "_").Replace(text[first:last]), 4*telling/3)
	}
	return p
}

func (p parts) add(text string, length int) {
	text = strings.ToLower(text)
	length = min(length, len(text))
	if length == 0 {
		return
	}
	if p[length] == nil {
		p[length] = map[string]bool{}
	}
	for i := range len(text) - length + 1 {
		p[length][text[i:i+length]] = true
	}
}

// in reports whether a text holds one of them.
func (p parts) in(text string) bool {
	for length, pieces := range p {
		for i := range len(text) - length + 1 {
			if pieces[text[i:i+length]] {
				return true
			}
		}
	}
	return false
}

// jsonEscape is a character that is escaped in JSON.
var jsonEscape = regexp.MustCompile(`\\(u[0-9a-fA-F]{4}|["\\/])`)

func unescapeJSON(text string) string {
	return jsonEscape.ReplaceAllStringFunc(text, func(escape string) string {
		if code, err := strconv.ParseUint(escape[2:], 16, 16); err == nil {
			return string(rune(code))
		}
		return escape[1:]
	})
}

// urlEscape are characters that are escaped in URLs.
var urlEscape = regexp.MustCompile(`(%[0-9a-fA-F]{2})+`)

func unescapeURL(text string) string {
	return urlEscape.ReplaceAllStringFunc(text, func(escape string) string {
		plain, _ := url.PathUnescape(escape) // each is whole
		return plain
	})
}
