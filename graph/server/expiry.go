package server

import (
	"context"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// hasExpired is what the reader of a stream is told when its caller's token ends.
const hasExpired = "the token has expired; subscribe again with a new one"

// expiry returns what is sent on when the caller of a context must prove again
// who it is, never for one who need not, and what frees it.
func expiry(ctx context.Context) (expired <-chan time.Time, stop func() bool) {
	end := audit.PrincipalFrom(ctx).Expires
	if end.IsZero() {
		return nil, func() bool { return false }
	}
	timer := time.NewTimer(time.Until(end))
	return timer.C, timer.Stop
}
