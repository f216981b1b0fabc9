package auth

import (
	"fmt"

	"github.com/authtrail/authtrail/audit"
)

var errExpired = refuse("the token has expired")

// refuse says that the caller has not proven who it is.
func refuse(format string, args ...any) *audit.Error {
	return &audit.Error{Code: audit.Unauthenticated, Message: fmt.Sprintf(format, args...)}
}
