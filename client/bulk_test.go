package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// answers is a server that gives its answers one after the other, the last for ever.
type answers struct {
	list  []http.Response
	asked int
}

func (a *answers) RoundTrip(*http.Request) (*http.Response, error) {
	answer := a.list[min(a.asked, len(a.list)-1)]
	a.asked++
	const body = `{"success_events":[],"discard_events":[],"retry_events":[],"error_code":"X","error_message":"the disk is full"}`
	answer.Body = io.NopCloser(strings.NewReader(body))
	return &answer, nil
}

func answered(status int, retryAfter string) http.Response {
	return http.Response{StatusCode: status, Header: http.Header{"Retry-After": {retryAfter}}}
}

func TestBulkWaitsAsLongAsABusyServerAsksItTo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		busy := &answers{}
		for range 20 {
			busy.list = append(busy.list, answered(http.StatusTooManyRequests, "3"))
		}
		busy.list = append(busy.list, answered(http.StatusCreated, ""))
		began := time.Now()
		c := &Client{base: "http://server", http: &http.Client{Transport: busy}}
		if _, err := c.Bulk(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited != time.Minute {
			t.Errorf("waited %s, want a minute", waited)
		}
	})
}

func TestBulkGivesUpOnAServerThatStaysUnavailableAndSaysWhy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		full := &answers{list: []http.Response{answered(http.StatusServiceUnavailable, "1")}}
		c := &Client{base: "http://server", http: &http.Client{Transport: full}}
		_, err := c.Bulk(t.Context(), nil)
		if err == nil || !strings.Contains(err.Error(), "the disk is full") || full.asked != maxUnavailable {
			t.Errorf("asked %d times, got %v", full.asked, err)
		}
	})
}

func TestAWaitIsBoundedOnBothSides(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{
		"": time.Second, "soon": time.Second, "-5": time.Second, "0": time.Second, "7": 7 * time.Second,
		"3600": time.Minute, "9223372036854775807": time.Minute,
	} {
		if got := retryAfter(http.Header{"Retry-After": {header}}); got != want {
			t.Errorf("Retry-After: %q is a wait of %s, want %s", header, got, want)
		}
	}
	for delay, want := range map[float64]time.Duration{0: time.Second, -1: time.Second, 2.5: 2500 * time.Millisecond, 1e300: time.Minute} {
		if got := (BulkResult{Delay: delay}).RetryAfter(); got != want {
			t.Errorf("a delay of %g is a wait of %s, want %s", delay, got, want)
		}
	}
}

func TestBulkEndsWithItsContextWhileItWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		busy := &answers{list: []http.Response{answered(http.StatusTooManyRequests, "60")}}
		c := &Client{base: "http://server", http: &http.Client{Transport: busy}}
		if _, err := c.Bulk(ctx, nil); !errors.Is(err, context.DeadlineExceeded) || busy.asked != 1 {
			t.Errorf("asked %d times, got %v", busy.asked, err)
		}
	})
}

func TestAnAddressThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "127.0.0.1:8080", "localhost:8080", "ftp://server", "http://", "http://[::1"} {
		if _, err := New(address, ""); err == nil || !strings.Contains(err.Error(), "want one like") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
