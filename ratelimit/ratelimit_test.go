package ratelimit

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// clock is a time that a test sets.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func as(t *testing.T, subject string, orgs ...string) context.Context {
	return audit.WithPrincipal(t.Context(), audit.MemberOfAll(subject, orgs, audit.RoleViewer))
}

func code(err error) audit.Code {
	if err == nil {
		return ""
	}
	return audit.AsError(err).Code
}

func TestWhatIsSpentComesBackWithTime(t *testing.T) {
	t.Parallel()
	watch := &clock{time.Unix(1e9, 0)}
	limiter := New(Options{PerMinute: 600, Burst: 100, Now: watch.now})
	ann := as(t, "ann", "one")
	for i, step := range []struct {
		wait    time.Duration
		cost    int64
		want    audit.Code
		retry   time.Duration
		remains string
	}{
		{0, 60, "", 0, `"cost";r=40;t=6`},
		{0, 40, "", 0, `"cost";r=0;t=10`},
		{0, 1, audit.RateLimited, 100 * time.Millisecond, `"cost";r=0;t=10`},
		{0, 0, audit.RateLimited, 100 * time.Millisecond, `"cost";r=0;t=10`},
		{0, 50, audit.RateLimited, 5 * time.Second, `"cost";r=0;t=10`},
		{4 * time.Second, 50, audit.RateLimited, time.Second, `"cost";r=40;t=6`},
		{time.Second, 50, "", 0, `"cost";r=0;t=10`},
		{time.Hour, 0, "", 0, `"cost";r=100;t=0`},
		{0, 100, "", 0, `"cost";r=0;t=10`},
	} {
		watch.at = watch.at.Add(step.wait)
		header := http.Header{}
		err := limiter.Spend(ann, header, step.cost)
		if code(err) != step.want || header.Get("RateLimit") != step.remains || header.Get("RateLimit-Policy") != `"cost";q=600;w=60` {
			t.Errorf("step %d: %v, %v", i, err, header)
		}
		if step.want != "" && audit.AsError(err).RetryAfter != step.retry {
			t.Errorf("step %d: retry after %v, want %v", i, audit.AsError(err).RetryAfter, step.retry)
		}
	}
}

func TestWhatCostsMoreThanTheBurstIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	limiter := New(Options{PerMinute: 100})
	ann := as(t, "ann", "one")
	if err := limiter.Spend(ann, nil, 101); code(err) != audit.TooComplex || audit.AsError(err).RetryAfter != 0 {
		t.Errorf("got %v", err)
	}
	if err := limiter.Spend(ann, nil, 100); err != nil {
		t.Errorf("what was refused was taken: %v", err)
	}
}

func TestCallersDoNotSpendForEachOther(t *testing.T) {
	t.Parallel()
	watch := &clock{time.Unix(1e9, 0)}
	limiter := New(Options{PerMinute: 10, Now: watch.now})
	for _, caller := range []context.Context{as(t, "ann", "one"), as(t, "ann", "two"), as(t, "ann", "one", "two"), as(t, "bob", "one"),
		audit.WithPrincipal(t.Context(), audit.Everyone())} {
		if err := limiter.Spend(caller, nil, 10); err != nil {
			t.Errorf("a new caller: %v", err)
		}
	}
	if err := limiter.Spend(as(t, "ann", "two", "one"), nil, 1); code(err) != audit.RateLimited {
		t.Errorf("the order of orgs made another caller: %v", err)
	}
}

func TestOnlySoManyCallersAreRemembered(t *testing.T) {
	t.Parallel()
	watch := &clock{time.Unix(1e9, 0)}
	limiter := New(Options{PerMinute: 10, Callers: 100, Now: watch.now})
	ann := as(t, "ann", "one")
	for i := range 10_000 {
		_ = limiter.Spend(as(t, fmt.Sprint(i), "one"), nil, 1)
		if i%50 == 0 { // who keeps asking is not forgotten
			_ = limiter.Spend(ann, nil, 10)
		}
	}
	if kept := limiter.buckets.Len(); kept != 100 {
		t.Errorf("%d are remembered", kept)
	}
	if err := limiter.Spend(ann, nil, 1); code(err) != audit.RateLimited {
		t.Errorf("got %v", err)
	}
}

func TestManyAtOnceSpendNoMoreThanThereIs(t *testing.T) {
	t.Parallel()
	watch := &clock{time.Unix(1e9, 0)}
	limiter := New(Options{PerMinute: 100, Now: watch.now})
	ann := as(t, "ann", "one")
	var allowed atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if limiter.Spend(ann, http.Header{}, 10) == nil {
				allowed.Add(1)
			}
		})
	}
	all.Wait()
	if allowed.Load() != 10 {
		t.Errorf("%d of 50 were allowed, want 10", allowed.Load())
	}
}
