package delivery

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/authtrail/authtrail/audit"
)

var (
	// errChanged says that the destination is not as the worker has it any more.
	errChanged = errors.New("the destination has changed")
	// errReopen says that the sender, which could not be opened, is to be opened again.
	errReopen = errors.New("the sender is to be opened again")
)

// safely turns a panic into an error.
func safely(do func() error) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v\n%s", reason, debug.Stack())
		}
	}()
	return do()
}

func isCode(err error, code audit.Code) bool { return err != nil && audit.AsError(err).Code == code }

// jitter is by how much a pause differs from its length.
const jitter = 0.3

// newBackoff returns pauses that double from the first, with jitter, to the longest.
func newBackoff(first, longest time.Duration) *backoff.ExponentialBackOff {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.Multiplier, pause.RandomizationFactor = first, 2, jitter
	pause.MaxInterval = time.Duration(float64(longest) / (1 + jitter))
	return pause
}

// The pauses before a receiver is tried again.
const (
	firstRetry   = 38 * time.Millisecond // with jitter below 50
	longestRetry = 5 * time.Minute
)

// rest returns after a time, or when ctx ends.
func rest(ctx context.Context, length time.Duration) {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
