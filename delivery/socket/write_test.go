package socket

import (
	"context"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/delivery"
)

// A receiver that stops reading holds nothing up for ever, whether the system's buffers
// still take what is written or not.
func TestAReceiverThatReadsNothingIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, bytes := range map[string]int{"in settling": 100_000, "in writing": 32 << 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if bytes < 1<<20 && runtime.GOOS != "linux" {
				t.Skip("only Linux tells what was acknowledged")
			}
			address, accepted := accepting(t)
			l := newLine(t, "tcp://"+address)
			l.patience = 100 * time.Millisecond
			err := l.Do(t.Context(), writing(strings.Repeat("x", bytes)))
			_ = (<-accepted).Close()
			if err == nil || !strings.Contains(err.Error(), "has read nothing from it for 100ms") || l.conn != nil {
				t.Errorf("%v", err)
			}
			if f := delivery.FailureOf(err); f.Reason == "" || f.Gone {
				t.Errorf("%+v", f)
			}
		})
	}
}

// All of it takes longer than the patience is, and each part of it does not.
func TestAReceiverThatReadsSlowlyIsNotGivenUp(t *testing.T) {
	t.Parallel()
	address, accepted := accepting(t)
	l := newLine(t, "tcp://"+address)
	l.patience = 400 * time.Millisecond
	done := make(chan int64)
	go func() {
		conn := <-accepted
		var n int64
		for err := error(nil); err == nil; time.Sleep(15 * time.Millisecond) {
			var read int64
			read, err = io.CopyN(io.Discard, conn, 256<<10)
			n += read
		}
		_ = conn.Close()
		done <- n
	}()
	const bytes = 12 << 20
	began := time.Now()
	if err := l.Do(t.Context(), writing(strings.Repeat("x", bytes))); err != nil {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
	if took := time.Since(began); took < l.patience {
		t.Errorf("it took only %s, which proves nothing", took)
	}
	_ = l.Close()
	if n := <-done; n != bytes {
		t.Errorf("%d bytes arrived", n)
	}
}

func TestDatagramsAreNotSentInLongBursts(t *testing.T) {
	t.Parallel()
	receiver, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = receiver.Close() })
	l := newLine(t, "udp://"+receiver.LocalAddr().String())
	took := func(datagrams, bytes int) time.Duration {
		began := time.Now()
		for range datagrams { // over several batches as within one
			if err := l.Do(t.Context(), writing(strings.Repeat("x", bytes))); err != nil {
				t.Fatal(err)
			}
		}
		return time.Since(began)
	}
	if d := took(10*burstDatagrams, 10); d < 9*burstRest {
		t.Errorf("80 small ones were sent in %s", d)
	}
	if d := took(10, burstBytes); d < 9*burstRest {
		t.Errorf("10 large ones were sent in %s", d)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Do(ctx, writing("x")); err == nil {
		t.Error("one was sent though it was stopped")
	}
}
