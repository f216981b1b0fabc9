package model

import (
	"io"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"

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

// MarshalDuration returns what writes a length of time in whole milliseconds.
func MarshalDuration(d time.Duration) graphql.Marshaler { return MillisOf(d) }

// UnmarshalDuration reads no length of time; no input is of this type.
func UnmarshalDuration(any) (time.Duration, error) {
	return 0, audit.Invalid("", "is not accepted here")
}

// MarshalShare returns what writes a part of a whole.
func MarshalShare(share float64) graphql.Marshaler { return graphql.MarshalFloat(share) }

// UnmarshalShare reads no part of a whole; no input is of this type.
func UnmarshalShare(any) (float64, error) { return 0, audit.Invalid("", "is not accepted here") }

// MarshalInt returns what writes a count. Counts end far below what an Int holds.
func MarshalInt(n int) graphql.Marshaler { return graphql.MarshalInt(n) }

// UnmarshalInt reads no count; inputs are read as 32 bits.
func UnmarshalInt(any) (int, error) { return 0, audit.Invalid("", "is not accepted here") }

// MarshalCount returns what writes a count that may be beyond 32 bits.
func MarshalCount(n int64) graphql.Marshaler { return Millis(n) }

// UnmarshalCount reads no count; inputs are read as 32 bits.
func UnmarshalCount(any) (int64, error) { return 0, audit.Invalid("", "is not accepted here") }
