package syslog_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/deliverytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func datagrams(t testing.TB) net.PacketConn {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestADatagramIsRefusedThatIsTooLong(t *testing.T) {
	t.Parallel()
	conn := datagrams(t)
	d := to("udp://"+conn.LocalAddr().String(), destination.FormatAgilicus)
	long := deliverytest.Record(t, `{"unique_id":"long","create_time":"2026-01-02T03:04:05Z","event":{"note":"`+strings.Repeat("x", 65_500)+`"}}`)
	short := deliverytest.Sample(t, 2)
	result, err := open(t, d, nil).Send(t.Context(), deliverytest.Written(t, d, short[0], long, short[1]))
	if err != nil || len(result.Refused) != 1 || result.Refused[0].Place != 1 || !strings.Contains(result.Refused[0].Reason, "65507") {
		t.Fatalf("%+v, %v", result, err)
	}
	buffer := make([]byte, 1<<16)
	for _, r := range short {
		n, _, err := conn.ReadFrom(buffer)
		if err != nil || !strings.HasSuffix(string(buffer[:n]), r.Raw) {
			t.Errorf("%v: %s", err, buffer[:n])
		}
	}
}

// A receiver that closes the connection, as when it is restarted, is connected to again,
// and is sent the batch that it closed it on again.
func TestAClosedConnectionIsNoticed(t *testing.T) {
	t.Parallel()
	l := listen(t)
	d := to("tcp://"+l.Addr().String(), destination.FormatAgilicus)
	s := open(t, d, nil)
	batch := deliverytest.Written(t, d, deliverytest.Sample(t, 1)...)
	accepted := make(chan net.Conn, 3)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	}()
	if _, err := s.Send(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	first := <-accepted
	_ = first.Close()
	var err error
	for range 100 { // the close has to arrive
		if _, err = s.Send(t.Context(), batch); err != nil {
			break
		}
		select {
		case second := <-accepted:
			defer second.Close()
			return
		default:
		}
	}
	if err == nil {
		t.Fatal("nobody noticed that the receiver closed the connection")
	}
	if _, err := s.Send(t.Context(), batch); err != nil {
		t.Fatalf("it does not connect again: %v", err)
	}
	second := <-accepted
	defer second.Close()
}

// What a receiver's system has not acknowledged was not delivered.
func TestAReceiverThatDoesNotReadTakesNothing(t *testing.T) {
	t.Parallel()
	l := listen(t)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		<-t.Context().Done()
		_ = conn.Close()
	}()
	d := to("tcp://"+l.Addr().String(), destination.FormatAgilicus)
	long := deliverytest.Record(t, `{"unique_id":"long","create_time":"2026-01-02T03:04:05Z","event":{"note":"`+strings.Repeat("x", 1_000_000)+`"}}`)
	batch := deliverytest.Written(t, d, long)
	for range 15 {
		batch = append(batch, batch[0])
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := open(t, d, nil).Send(ctx, batch)
	var failure *delivery.Failure
	if !errors.As(err, &failure) || !strings.Contains(failure.Reason, "in time") {
		t.Errorf("%v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestNobodyListening(t *testing.T) {
	t.Parallel()
	l := listen(t)
	address := l.Addr().String()
	_ = l.Close()
	for _, network := range []string{"tcp", "udp"} {
		d := to(network+"://"+address, destination.FormatAgilicus)
		s := open(t, d, nil)
		batch := deliverytest.Written(t, d, deliverytest.Sample(t, 1)...)
		var err error
		for range 200 { // over UDP the system says so after the first
			if _, err = s.Send(t.Context(), batch); err != nil {
				break
			}
		}
		var failure *delivery.Failure
		if !errors.As(err, &failure) || !strings.Contains(failure.Reason, "refused the connection") {
			t.Errorf("%s: %v", network, err)
		}
	}
}

func TestTLSIsVerified(t *testing.T) {
	t.Parallel()
	s := startRsyslog(t)
	other := certify(t, t.TempDir(), "127.0.0.1")
	for reason, sender := range map[string]delivery.Sender{
		"unknown authority": open(t, to(fmt.Sprintf("tls://127.0.0.1:%d", s.tls), destination.FormatCEF), other),
		"for another name":  open(t, to(fmt.Sprintf("tls://localhost:%d", s.tls), destination.FormatCEF), s.roots),
	} {
		_, err := sender.Send(t.Context(), deliverytest.Written(t, to("", destination.FormatCEF), deliverytest.Sample(t, 1)...))
		if err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%v does not say that it is %s", err, reason)
		}
	}
}

func TestNoFieldShowsWhatIsRedacted(t *testing.T) {
	t.Parallel()
	conn := datagrams(t)
	d := to("udp://"+conn.LocalAddr().String(), destination.FormatOCSF,
		destination.Redaction{Field: "user_id", Action: destination.RedactHash},
		destination.Redaction{Field: "session", Action: destination.RedactRemove},
		destination.Redaction{Field: "time", Action: destination.RedactRemove})
	r := deliverytest.Record(t, `{"unique_id":"r","create_time":"2026-01-02T03:04:05Z","event":{"subsystem":"auth","user_id":"ann","session":"s-9",
		"time":"2025-12-31T01:02:03Z"}}`)
	if _, err := open(t, d, nil).Send(t.Context(), deliverytest.Written(t, d, r)); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 1<<16)
	n, _, err := conn.ReadFrom(buffer)
	got := string(buffer[:n])
	if err != nil || strings.Contains(got, "ann") || strings.Contains(got, "s-9") || strings.Contains(got, "2025-12") ||
		!strings.Contains(got, `user_id="hmac-sha256:`) {
		t.Errorf("%v: %s", err, got)
	}
}

// Whoever reads the frames by their lengths finds as many as there were.
func TestFramesHaveTheirLengths(t *testing.T) {
	t.Parallel()
	l := listen(t)
	d := to("tcp://"+l.Addr().String(), destination.FormatCEF)
	batch := deliverytest.Written(t, d, deliverytest.Sample(t, 50)...)
	found := make(chan int, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		t.Cleanup(func() { _ = conn.Close() })
		frames, n := bufio.NewReader(conn), 0
		for ; n < len(batch); n++ {
			length, err := frames.ReadString(' ')
			if err != nil {
				break
			}
			bytes, _ := strconv.Atoi(strings.TrimSuffix(length, " "))
			frame := make([]byte, bytes)
			if _, err := io.ReadFull(frames, frame); err != nil || !strings.HasPrefix(string(frame), "<") {
				break
			}
		}
		found <- n
	}()
	if _, err := open(t, d, nil).Send(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if n := <-found; n != len(batch) {
		t.Errorf("%d frames of %d", n, len(batch))
	}
}
