package socket

import (
	"context"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery/dial"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ports = map[string]string{"udp": "514", "tcp": "514", "tls": "6514"}

func to(location string) destination.Destination {
	return destination.Destination{Spec: destination.Spec{Location: location}}
}

func newLine(t *testing.T, location string) *Line {
	t.Helper()
	dialer := dial.New(dial.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	l, err := New(to(location), ports, Options{Dialer: dialer})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// accepting returns a listener whose connections take few bytes unread.
func accepting(t *testing.T) (address string, accepted <-chan net.Conn) {
	t.Helper()
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096) })
	}}
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	connections := make(chan net.Conn, 4)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections <- conn
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	return listener.Addr().String(), connections
}

func writing(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func TestALineThatTheReceiverEndedIsMadeAnew(t *testing.T) {
	t.Parallel()
	address, accepted := accepting(t)
	l := newLine(t, "tcp://"+address)
	for range 3 {
		if err := l.Do(t.Context(), writing("hello")); err != nil {
			t.Fatal(err)
		}
		conn := <-accepted
		greeting := make([]byte, 5)
		if _, err := io.ReadFull(conn, greeting); err != nil || string(greeting) != "hello" {
			t.Fatalf("%q, %v", greeting, err)
		}
		_ = conn.Close()
		<-l.end // and that is noticed
	}
}

// What was written but not taken by the receiver's system is not delivered.
func TestWhatNobodyAcknowledgedIsNotDelivered(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells what was acknowledged")
	}
	address, accepted := accepting(t)
	l := newLine(t, "tcp://"+address)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err := l.Do(ctx, writing(strings.Repeat("x", 100_000)))
	_ = (<-accepted).Close()
	if err == nil || !strings.Contains(err.Error(), "in time") {
		t.Errorf("100 kB that nobody read are called delivered: %v", err)
	}
}

// A receiver that dies with something unread has its system say so.
func TestAReceiverThatDiesUnreadIsNoticed(t *testing.T) {
	t.Parallel()
	address, accepted := accepting(t)
	l := newLine(t, "tcp://"+address)
	result := make(chan error, 1)
	go func() { result <- l.Do(t.Context(), writing(strings.Repeat("x", 100_000))) }()
	_ = (<-accepted).Close()
	if err := <-result; err == nil || !strings.Contains(err.Error(), "broke the connection off") {
		t.Errorf("%v", err)
	}
}

func TestAClientCertificateMustBeThere(t *testing.T) {
	t.Parallel()
	d := to("tls://receiver.example")
	d.Spec.Authentication = &destination.Authentication{Type: destination.ClientCertificate}
	if _, err := New(d, ports, Options{}); err == nil || !strings.Contains(err.Error(), "client certificate") {
		t.Errorf("%v", err)
	}
}

func TestLocationsWithoutAPort(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]string{
		"udp://127.0.0.1": "127.0.0.1:514", "tcp://a.example": "a.example:514", "tls://[::1]": "[::1]:6514", "udp://b.example:99": "b.example:99",
	} {
		l, err := New(to(location), ports, Options{})
		if err != nil || l.address != want {
			t.Errorf("%s leads to %+v: %v", location, l, err)
		}
	}
	for _, location := range []string{"http://a.example", "udp://", "a.example:514", ""} {
		if _, err := New(to(location), ports, Options{}); err == nil {
			t.Errorf("%q is taken", location)
		}
	}
}
