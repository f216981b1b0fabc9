package model

import (
	"io"
	"strconv"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// Millis is a length of time in whole milliseconds. It is a Float in the schema,
// since 32 bits end at 24 days.
type Millis int64

// MillisOf returns the whole milliseconds of a length of time.
func MillisOf(d time.Duration) Millis { return Millis(d.Milliseconds()) }

// MarshalGQL implements graphql.Marshaler.
func (m Millis) MarshalGQL(w io.Writer) {
	_, _ = io.WriteString(w, strconv.FormatInt(int64(m), 10)) // the response is written to memory
}

// UnmarshalGQL implements graphql.Unmarshaler; no input is of this type.
func (m *Millis) UnmarshalGQL(any) error { return audit.Invalid("", "is not accepted here") }
