package webhook

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxWait is the longest that a receiver can ask to be left alone for. Then it is asked
// again whether it still wants to be.
const maxWait = time.Hour

// retryAfter is how long the header Retry-After asks for, 0 where it does not.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return inSeconds(seconds)
	}
	if at, err := http.ParseTime(text); err == nil {
		return until(at, header, now)
	}
	return 0
}

// until is how long it is until a time by the receiver's clock, which the answer tells,
// or else by ours.
func until(at time.Time, header http.Header, now time.Time) time.Duration {
	if told, err := http.ParseTime(header.Get("Date")); err == nil {
		now = told
	}
	return bounded(at.Sub(now))
}

func inSeconds(seconds float64) time.Duration {
	if !(seconds > 0) { // also what is not a number
		return 0
	}
	return bounded(time.Duration(math.Min(seconds, maxWait.Seconds()) * float64(time.Second)))
}

func bounded(wait time.Duration) time.Duration { return min(max(wait, 0), maxWait) }
