package model

import (
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/authtrail/authtrail/audit"
)

// text is a string in a response.
type text string

// MarshalString returns what writes a String.
func MarshalString(s string) graphql.Marshaler { return text(s) }

// MarshalStringAt returns what writes a String that nobody changes before.
func MarshalStringAt(s *string) graphql.Marshaler { return (*text)(s) }

// UnmarshalString reads a String.
func UnmarshalString(value any) (string, error) { return graphql.UnmarshalString(value) }

// MarshalGQL implements graphql.Marshaler: most strings are written as they are.
func (t text) MarshalGQL(w io.Writer) {
	if t.mustBeEscaped() {
		graphql.MarshalString(string(t)).MarshalGQL(w)
		return
	}
	_, _ = io.WriteString(w, `"`) // the response is written to memory
	_, _ = io.WriteString(w, string(t))
	_, _ = io.WriteString(w, `"`)
}

func (t text) mustBeEscaped() bool {
	for i := range len(t) { // by byte: no part of a longer character is one of these
		if c := t[i]; c < ' ' || c == '"' || c == '\\' {
			return true
		}
	}
	return false
}

// moment is a time in a response.
type moment time.Time

// MarshalDateTime returns what writes a DateTime. It is never null.
func MarshalDateTime(t time.Time) graphql.Marshaler { return moment(t) }

// UnmarshalDateTime reads a DateTime.
func UnmarshalDateTime(value any) (time.Time, error) {
	t, err := graphql.UnmarshalTime(value)
	if err != nil || value == "" { // which gqlgen takes for no time
		return time.Time{}, audit.Invalid("", "want a time like 2026-11-01T10:20:30.5Z (RFC 3339)")
	}
	return t, nil
}

// MarshalGQL implements graphql.Marshaler.
func (m moment) MarshalGQL(w io.Writer) {
	_, _ = w.Write(append(time.Time(m).AppendFormat([]byte{'"'}, time.RFC3339Nano), '"')) // the response is written to memory
}
