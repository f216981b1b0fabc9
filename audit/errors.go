package audit

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Code is what kind of thing went wrong. GraphQL answers it as extensions.code,
// REST as a status and error_code; each maps it once.
type Code string

// The codes.
const (
	BadUserInput    Code = "BAD_USER_INPUT"  // the caller can mend it
	Unauthenticated Code = "UNAUTHENTICATED" // no caller, or an unproven one
	Forbidden       Code = "FORBIDDEN"       // the caller may not
	NotFound        Code = "NOT_FOUND"       // there is no such thing, or not for this caller
	Conflict        Code = "CONFLICT"        // it has changed meanwhile, or the name is taken
	RateLimited     Code = "RATE_LIMITED"    // too much at once; RetryAfter says when to try again
	Unavailable     Code = "UNAVAILABLE"     // it cannot be answered now; trying again may help
	TooComplex      Code = "TOO_COMPLEX"     // the request asks for more than one request may
	Internal        Code = "INTERNAL"        // a defect: callers learn a request id and nothing else
)

// Error is an error that a caller may see. Message is a sentence for people and
// holds nothing secret; Err, if any, is for the log only.
type Error struct {
	Code       Code
	Message    string
	Field      string        // the argument, parameter or member at fault, if one is
	RetryAfter time.Duration // with RateLimited and Unavailable: when to try again, 0 if unknown
	Err        error
}

// Error returns the message for people, and the field at fault before it.
func (e *Error) Error() string {
	if e.Field != "" {
		return e.Field + ": " + e.Message
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Invalid returns a BadUserInput error about a field; the field may be empty.
func Invalid(field, format string, args ...any) *Error {
	return &Error{Code: BadUserInput, Field: field, Message: fmt.Sprintf(format, args...)}
}

// AsError returns the error to show for err: err itself or the Error that it
// wraps, Unavailable when time ran out, and else Internal with err as its cause.
func AsError(err error) *Error {
	var known *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Code: Unavailable, Message: "the answer took too long", Err: err}
	case errors.Is(err, context.Canceled):
		return &Error{Code: Unavailable, Message: "the request was cancelled", Err: err}
	}
	return &Error{Code: Internal, Message: "internal error", Err: err}
}
