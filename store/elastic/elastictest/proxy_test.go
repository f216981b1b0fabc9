package elastictest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/authtrail/authtrail/store/elastic/elastictest"
)

// get asks for the server's health on a connection of its own.
func get(t *testing.T, url string, timeout time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/_cluster/health", nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.ReadAll(resp.Body)
	return err
}

func TestProxyPassesThroughAndDelays(t *testing.T) {
	t.Parallel()
	proxy := elastictest.Proxy(t, elastictest.URL(t))
	if err := get(t, proxy.URL(), time.Minute); err != nil {
		t.Fatalf("without a fault: %v", err)
	}
	const delay = 700 * time.Millisecond
	proxy.Delay(delay)
	start := time.Now()
	if err := get(t, proxy.URL(), time.Minute); err != nil {
		t.Fatalf("with a delay: %v", err)
	}
	if took := time.Since(start); took < delay {
		t.Errorf("the answer took %v, want at least %v", took, delay)
	}
}

func TestProxySpoilsAnswersUntilItIsHealed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		spoil, heal func(*elastictest.FaultyProxy)
		want        error
	}{
		"truncated": {
			spoil: func(p *elastictest.FaultyProxy) { p.Truncate(200) },
			want:  io.ErrUnexpectedEOF,
		},
		"reset": {
			spoil: func(p *elastictest.FaultyProxy) { p.Reset(0) },
			want:  syscall.ECONNRESET,
		},
		"silent": {
			spoil: (*elastictest.FaultyProxy).Silence,
			want:  context.DeadlineExceeded,
		},
		"down": {
			spoil: (*elastictest.FaultyProxy).Down,
			heal:  (*elastictest.FaultyProxy).Up,
			want:  syscall.ECONNREFUSED,
		},
	}
	url := elastictest.URL(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := elastictest.Proxy(t, url)
			test.spoil(proxy)
			if err := get(t, proxy.URL(), time.Second); !errors.Is(err, test.want) {
				t.Errorf("it ended with %v, want %v", err, test.want)
			}
			proxy.Heal()
			if test.heal != nil {
				test.heal(proxy)
			}
			if err := get(t, proxy.URL(), time.Minute); err != nil {
				t.Errorf("after healing: %v", err)
			}
		})
	}
}
