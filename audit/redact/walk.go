package redact

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/authtrail/authtrail/audit/internal/jsontext"
)

// walk writes JSON again without what is redacted in it.
type walk struct {
	*Redactor
	to      []byte
	changed bool
}

// bulk returns a bulk event with its event redacted; of an event that was sent twice,
// both.
func (r *Redactor) bulk(raw string) (redacted string, changed bool) {
	w := &walk{Redactor: r, to: make([]byte, 0, len(raw)+64)}
	w.to = append(w.to, '{')
	for name, value := range jsontext.Members(raw) {
		w.name(name)
		if name == "event" {
			w.value(value, r.rules)
		} else {
			w.to = append(w.to, value...)
		}
	}
	w.to = append(w.to, '}')
	if !w.changed {
		return raw, false
	}
	return string(w.to), true
}

// value writes a value with what these rules say of its inside. In a list they hold
// for each element.
func (w *walk) value(text string, rules []rule) {
	switch {
	case strings.HasPrefix(text, "{"):
		w.object(text, rules)
	case strings.HasPrefix(text, "["):
		w.to = append(w.to, '[')
		for element := range jsontext.Elements(text) {
			w.comma('[')
			w.value(element, rules)
		}
		w.to = append(w.to, ']')
	default:
		w.to = append(w.to, text...)
	}
}

func (w *walk) object(text string, rules []rule) {
	w.to = append(w.to, '{')
	for name, value := range jsontext.Members(text) {
		found, hidden := find(rules, name)
		switch {
		case hidden && !found.hash:
			w.changed = true
		case hidden && value != "null":
			w.name(name)
			w.to = append(append(append(w.to, '"'), w.hash(plain(value))...), '"')
			w.changed = true
		default:
			w.name(name)
			if inside := below(rules, name); inside != nil {
				w.value(value, inside)
			} else {
				w.to = append(w.to, value...)
			}
		}
	}
	w.to = append(w.to, '}')
}

func (w *walk) name(name string) {
	w.comma('{')
	if isPlain(name) { // as nearly all names are
		w.to = append(append(append(w.to, '"'), name...), '"', ':')
		return
	}
	quoted, _ := json.Marshal(name)
	w.to = append(append(w.to, quoted...), ':')
}

// isPlain reports whether a name needs no escapes.
func isPlain(name string) bool {
	for i := range len(name) {
		if c := name[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// comma writes one unless nothing came since the opening.
func (w *walk) comma(opening byte) {
	if w.to[len(w.to)-1] != opening {
		w.to = append(w.to, ',')
	}
}

// plain returns what is hashed of a value: the content of a string, and the JSON text
// of anything else, without blanks between.
func plain(text string) string {
	if jsontext.IsString(text) {
		return jsontext.Unquote(text)
	}
	var compact bytes.Buffer
	_ = json.Compact(&compact, []byte(text)) // it is valid, as all that was taken in
	return compact.String()
}
