// Package ratelimit bounds how much each caller may ask for in a minute. What a
// request costs is for each API to say; docs/security.md has the whole list.
package ratelimit

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"github.com/authtrail/authtrail/audit"
)

// Options are how much a caller may ask for. The zero value of a field means its default.
type Options struct {
	PerMinute int64 // required
	Burst     int64 // how much of it may come at once: PerMinute
	// Callers is how many callers are remembered, 10,000. The one that has been
	// silent for longest is forgotten first, and begins anew.
	Callers int
	// Now is the clock: time.Now.
	Now func() time.Time
}

// Limiter has a bucket for each caller, which fills up again with time. It is safe
// for concurrent use.
type Limiter struct {
	options Options
	buckets *lru.Cache[audit.Caller, *rate.Limiter]
}

// New returns a limiter whose buckets are full.
func New(options Options) *Limiter {
	if options.Burst <= 0 {
		options.Burst = options.PerMinute
	}
	if options.Callers <= 0 {
		options.Callers = 10_000
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	buckets, err := lru.New[audit.Caller, *rate.Limiter](options.Callers)
	if err != nil {
		panic(err) // it refuses a size below 1 and nothing else
	}
	return &Limiter{options: options, buckets: buckets}
}

// Spend takes what a request costs from the bucket of the context's caller, or
// refuses it with an *audit.Error: RateLimited, with the time to wait, or
// TooComplex where no waiting helps. A cost of 0 takes nothing, and is refused to
// those who have nothing left. What is left is told in header, if that is not nil.
func (l *Limiter) Spend(ctx context.Context, header http.Header, cost int64) error {
	if cost > l.options.Burst {
		return &audit.Error{Code: audit.TooComplex,
			Message: fmt.Sprintf("this costs %d, and a caller may ask for at most %d at once", cost, l.options.Burst)}
	}
	now := l.options.Now()
	bucket := l.bucket(audit.PrincipalFrom(ctx).Caller())
	needed := float64(max(cost, 1))
	left := bucket.TokensAt(now)
	allowed := left >= needed && bucket.AllowN(now, int(cost))
	l.tell(header, bucket.TokensAt(now))
	if allowed {
		return nil
	}
	return &audit.Error{Code: audit.RateLimited, RetryAfter: l.after(max(needed-left, 1)),
		Message: fmt.Sprintf("too much was asked for: this costs %.0f of %d a minute, and %.0f are left", needed, l.options.PerMinute, max(math.Floor(left), 0))}
}

func (l *Limiter) bucket(caller audit.Caller) *rate.Limiter {
	if known, ok := l.buckets.Get(caller); ok {
		return known
	}
	full := rate.NewLimiter(rate.Limit(float64(l.options.PerMinute)/60), int(l.options.Burst))
	if known, ok, _ := l.buckets.PeekOrAdd(caller, full); ok {
		return known
	}
	return full
}

// after is how long it takes until so much has come back.
func (l *Limiter) after(cost float64) time.Duration {
	return time.Duration(cost * 60 / float64(l.options.PerMinute) * float64(time.Second))
}

// tell says what is left as draft-ietf-httpapi-ratelimit-headers-10 has it.
func (l *Limiter) tell(header http.Header, left float64) {
	if header == nil {
		return
	}
	full := math.Ceil(l.after(float64(l.options.Burst) - left).Seconds())
	header.Set("RateLimit-Policy", fmt.Sprintf(`"cost";q=%d;w=60`, l.options.PerMinute))
	header.Set("RateLimit", fmt.Sprintf(`"cost";r=%.0f;t=%.0f`, max(math.Floor(left), 0), max(full, 0)))
}
