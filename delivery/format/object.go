package format

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// object writes a JSON object. Members with nothing in them are left out.
type object struct{ to []byte }

func (o *object) open(name string) {
	if name != "" {
		o.name(name)
	}
	o.to = append(o.to, '{')
}

// close ends an object; one with nothing in it stays, as {}.
func (o *object) close() { o.to = append(o.to, '}') }

// name writes the name of a member, which needs no escapes.
func (o *object) name(name string) {
	o.comma()
	o.to = append(append(append(o.to, '"'), name...), '"', ':')
}

func (o *object) comma() {
	switch o.to[len(o.to)-1] {
	case '{', '[', ':':
	default:
		o.to = append(o.to, ',')
	}
}

// inside writes an object with what fill writes, if that is anything.
func (o *object) inside(name string, fill func()) {
	before := len(o.to)
	o.open(name)
	opened := len(o.to)
	fill()
	if len(o.to) == opened {
		o.to = o.to[:before]
		return
	}
	o.close()
}

// raw writes a member whose value is JSON text, if there is any.
func (o *object) raw(name, value string) {
	if value != "" {
		o.name(name)
		o.to = append(o.to, value...)
	}
}

// sent writes a member with a name that somebody else chose.
func (o *object) sent(name, value string) {
	o.comma()
	o.to = append(quoted(o.to, name), ':')
	o.to = append(o.to, value...)
}

func (o *object) text(name, value string) {
	if value != "" {
		o.name(name)
		o.to = quoted(o.to, value)
	}
}

func (o *object) texts(name string, values []string) {
	if len(values) == 0 {
		return
	}
	o.name(name)
	o.to = append(o.to, '[')
	for _, value := range values {
		o.comma()
		o.to = quoted(o.to, value)
	}
	o.to = append(o.to, ']')
}

func (o *object) number(name string, value int64) {
	o.name(name)
	o.to = strconv.AppendInt(o.to, value, 10)
}

func (o *object) flag(name string, value bool) {
	o.name(name)
	o.to = strconv.AppendBool(o.to, value)
}

func (o *object) time(name string, at time.Time) {
	o.name(name)
	o.to = append(at.UTC().AppendFormat(append(o.to, '"'), time.RFC3339Nano), '"')
}

// quoted appends a string as JSON.
func quoted(to []byte, s string) []byte {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == '"' || s[i] == '\\' || s[i] >= utf8.RuneSelf {
			text, _ := json.Marshal(s)
			return append(to, text...)
		}
	}
	return append(append(append(to, '"'), s...), '"')
}

// unquoted returns the content of a JSON string; other text as it is.
func unquoted(text string) string {
	if len(text) < 2 || text[0] != '"' {
		return text
	}
	for i := range len(text) {
		if text[i] == '\\' {
			var s string
			_ = json.Unmarshal([]byte(text), &s)
			return s
		}
	}
	return text[1 : len(text)-1]
}
