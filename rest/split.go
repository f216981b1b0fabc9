package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/authtrail/authtrail/audit"
)

// bulk is what a bulk body holds. The events are parts of the body.
type bulk struct {
	events            []json.RawMessage
	respondWithEvents bool
}

// maxEvents bounds the events of one bulk, whatever their size: each takes memory,
// time and a part of the answer, also if it is one byte and no event at all.
const maxEvents = 100_000

// readBulk cuts a bulk body into its events, without copying or reading them:
// each is judged by itself later. Of a member sent twice the last counts.
func readBulk(body []byte) (bulk, error) {
	if err := checkJSON(body); err != nil {
		return bulk{}, err
	}
	var b bulk
	var list []byte
	eachMember(body, func(name string, value []byte) {
		switch name {
		case "events":
			list = value
		case "always_respond_with_events":
			b.respondWithEvents = string(value) == "true"
		}
	})
	switch {
	case list == nil:
		return bulk{}, audit.Invalid("events", "is missing; send {\"events\": [...]}")
	case list[0] != '[':
		return bulk{}, audit.Invalid("events", "must be a list")
	}
	sent := 0
	eachElement(list, func(element []byte) {
		if sent++; sent <= maxEvents {
			b.events = append(b.events, element)
		}
	})
	if sent > maxEvents {
		return bulk{}, &audit.Error{Code: tooLargeCode, Message: fmt.Sprintf("the body has %d events, and may have %d at most; send fewer events at once", sent, maxEvents)}
	}
	return b, nil
}

// checkJSON reports where the body stops being JSON. Nesting deeper than the
// decoder goes is let through: it is the fault of one event, which is judged
// with the others.
func checkJSON(body []byte) error {
	if audit.ValidJSON(body) {
		return nil
	}
	err := json.Unmarshal(body, new(json.RawMessage))
	var syntax *json.SyntaxError
	switch {
	case !errors.As(err, &syntax):
		return audit.Invalid("", "the body is not JSON")
	case strings.Contains(err.Error(), "max depth"):
		return nil
	case len(bytes.TrimSpace(body)) == 0:
		return audit.Invalid("", "the body is empty; send {\"events\": [...]}")
	}
	return audit.Invalid("", "the body is not JSON: %s, at byte %d", syntax, syntax.Offset)
}

// eventOf returns the event's own object, nil when there is none that could
// stand in an answer.
func eventOf(raw []byte) []byte {
	if !audit.ValidJSON(raw) || !utf8.Valid(raw) {
		return nil
	}
	var event []byte
	eachMember(raw, func(name string, value []byte) {
		if name == "event" {
			event = value
		}
	})
	if len(event) == 0 || event[0] != '{' {
		return nil
	}
	return event
}

// eachMember calls yield with the members of an object, in order.
func eachMember(object []byte, yield func(name string, value []byte)) {
	i := skipSpace(object, 0)
	if i >= len(object) || object[i] != '{' {
		return
	}
	for i = skipSpace(object, i+1); i < len(object) && object[i] == '"'; {
		nameEnd := skipString(object, i)
		value := skipSpace(object, skipSpace(object, nameEnd)+1) // after the colon
		end := skipValue(object, value)
		if value >= end {
			return
		}
		yield(unquote(object[i:nameEnd]), object[value:end:end])
		i = skipSpace(object, skipSpace(object, end)+1) // after the comma
	}
}

// eachElement calls yield with the elements of an array, in order.
func eachElement(array []byte, yield func(value []byte)) {
	for i := skipSpace(array, 1); i < len(array) && array[i] != ']'; {
		end := skipValue(array, i)
		yield(array[i:end:end])
		i = skipSpace(array, skipSpace(array, end)+1) // after the comma
	}
}

func unquote(text []byte) string {
	if bytes.IndexByte(text, '\\') < 0 {
		return string(text[1 : len(text)-1])
	}
	var name string
	_ = json.Unmarshal(text, &name) // a name that is no text is none of those looked for
	return name
}

func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the index after the string that begins at i.
func skipString(text []byte, i int) int {
	for i++; i < len(text); {
		end := bytes.IndexByte(text[i:], '"')
		if end < 0 {
			return len(text)
		}
		escape := bytes.IndexByte(text[i:i+end], '\\')
		if escape < 0 {
			return i + end + 1
		}
		i += escape + 2
	}
	return len(text)
}

// skipValue returns the index after the value that begins at i.
func skipValue(text []byte, i int) int {
	for depth := 0; i < len(text); {
		switch text[i] {
		case '"':
			i = skipString(text, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
			i++
		case ',':
			if depth == 0 {
				return i
			}
			i++
			continue
		default:
			i++
			if depth > 0 || i < len(text) && !endsLiteral(text[i]) {
				continue
			}
		}
		if depth == 0 {
			return i
		}
	}
	return len(text)
}

func endsLiteral(c byte) bool {
	return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\n' || c == '\t' || c == '\r'
}
