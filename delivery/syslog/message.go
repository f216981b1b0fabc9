package syslog

import (
	"strconv"
	"unicode/utf8"

	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/format"
)

// The facilities: who logs in is a matter of authorization, and what is done through
// APIs one of audit.
const (
	authorization = 10
	logAudit      = 13
)

const appName = "authtrail"

// sdID names the ids of a message. 32473 is the number that RFC 5612 keeps for those
// who have none of their own.
const sdID = "authtrail@32473"

// message appends a message of RFC 5424.
func (s *sender) message(to []byte, m delivery.Message) ([]byte, error) {
	about, err := s.summarizer.Summary(m.Record)
	if err != nil {
		return to, err
	}
	facility := authorization
	if about.Kind == "api" || about.Kind == "generic" {
		facility = logAudit
	}
	to = append(to, '<')
	to = strconv.AppendInt(to, int64(facility*8+about.Outcome.Severity()), 10)
	to = append(to, ">1 "...)
	to = about.Time.UTC().AppendFormat(to, "2006-01-02T15:04:05.000000Z")
	to = append(append(to, ' '), s.host...)
	to = append(to, " "+appName+" - "...)
	to = append(append(to, about.Kind...), ' ')
	to = structured(to, about)
	to = append(to, ' ')
	if !isASCII(m.Body) {
		to = append(to, "\ufeff"...) // which says that UTF-8 follows
	}
	return append(to, m.Body...), nil
}

// structured appends the ids of an event.
func structured(to []byte, about format.Summary) []byte {
	to = append(to, "["+sdID...)
	to = parameter(to, "id", about.ID)
	for _, field := range about.Fields {
		switch field.Name {
		case "org_id", "user_id", "upstream_user_id", "source_ip", "request_id", "trace_id", "session", "token_id":
			to = parameter(to, field.Name, field.Value)
		}
	}
	return append(to, ']')
}

func parameter(to []byte, name, value string) []byte {
	to = append(append(append(to, ' '), name...), '=', '"')
	for i := range len(value) {
		switch c := value[i]; {
		case c == '"', c == '\\', c == ']':
			to = append(to, '\\', c)
		case c < ' ', c == 0x7f:
			to = append(to, ' ')
		default:
			to = append(to, c)
		}
	}
	return append(to, '"')
}

func isASCII(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// field returns a text as a field of the header: no blanks, ASCII, and not too long.
func field(text string, most int) string {
	kept := make([]byte, 0, len(text))
	for i := range len(text) {
		if c := text[i]; c > ' ' && c < 0x7f && len(kept) < most {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		return "-"
	}
	return string(kept)
}
