package graylog_test

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/Graylog2/go-gelf/gelf"
	"go.uber.org/goleak"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/deliverytest"
	"github.com/authtrail/authtrail/delivery/dial"
	"github.com/authtrail/authtrail/delivery/graylog"
	"github.com/authtrail/authtrail/delivery/socket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func to(location string, redactions ...destination.Redaction) destination.Destination {
	return destination.Destination{
		Spec: destination.Spec{Type: destination.Graylog, Location: location,
			Delivery: &destination.DeliverySettings{Format: destination.FormatECS, Redactions: redactions}},
		Keys: &destination.Keys{Hashing: []byte("key")},
	}
}

func open(t testing.TB, d destination.Destination) delivery.Sender {
	t.Helper()
	dialer := dial.New(dial.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	s, err := graylog.New(graylog.Options{Options: socket.Options{Dialer: dialer}, Host: "audit-host"})(d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// noise is an event that packing makes only half as long.
func noise(t testing.TB, id string, bytes int) *audit.Record {
	t.Helper()
	return deliverytest.Record(t, `{"unique_id":"`+id+`","create_time":"2026-01-02T03:04:05Z","event":{"note":"`+hexNoise(bytes/2)+`"}}`)
}

func hexNoise(bytes int) string {
	random := make([]byte, bytes)
	_, _ = rand.Read(random)
	return hex.EncodeToString(random)
}

func compare(t testing.TB, got *gelf.Message, m delivery.Message) {
	t.Helper()
	if got.Version != "1.1" || got.Host != "audit-host" || got.Short == "" || got.Full != string(m.Body) {
		t.Fatalf("%.300v is not %.300s", got, m.Body)
	}
	if at := float64(m.Time.UnixMilli()) / 1000; got.TimeUnix != at {
		t.Errorf("it is at %f, not %f", got.TimeUnix, at)
	}
	if got.Extra["_event_id"] != m.ID || got.Extra["_kind"] != m.Record.Kind.String() || got.Extra["_org_id"] != nilOr(m.Record.Org) {
		t.Errorf("its fields are %v", got.Extra)
	}
	if user, ok := m.Record.Get("user_id"); ok && got.Extra["_user_id"] != user {
		t.Errorf("the user is %v, not %s", got.Extra["_user_id"], user)
	}
	if _, ok := got.Extra["_id"]; ok {
		t.Error("it has a field that GELF forbids")
	}
}

func nilOr(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// Graylog's own library reads what is sent over UDP, in one datagram or in many.
func TestGELFOverUDPIsRead(t *testing.T) {
	t.Parallel()
	reader, err := gelf.NewReader("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := to("udp://" + reader.Addr())
	s := open(t, d)
	records := append(deliverytest.Sample(t, 30), noise(t, "chunks", 4_000), noise(t, "many-chunks", 150_000),
		deliverytest.Record(t, `{"unique_id":"denied","create_time":"2026-01-02T03:04:05.6Z","event":{"event_name":"Token","result":"Denied","user_id":"J\u00f6rg \"x\""}}`))
	for _, m := range deliverytest.Written(t, d, records...) {
		if result, err := s.Send(t.Context(), []delivery.Message{m}); err != nil || result.Refused != nil {
			t.Fatalf("%+v, %v", result, err)
		}
		got, err := reader.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		compare(t, got, m)
		if m.ID == "denied" && (got.Level != gelf.LOG_WARNING || got.Short != "Token: Denied") {
			t.Errorf("%d: %s", got.Level, got.Short)
		}
	}
}

func TestAMessageOfTooManyChunksIsRefused(t *testing.T) {
	t.Parallel()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	d := to("udp://" + conn.LocalAddr().String())
	s := open(t, d)
	batch := deliverytest.Written(t, d, noise(t, "a", 1_000), noise(t, "b", 1_000), noise(t, "c", 500_000))
	batch[1].Body = []byte(hexNoise(1_100_000)) // more than an event can have, which a login flow may
	result, err := s.Send(t.Context(), batch)
	if err != nil || len(result.Refused) != 1 || result.Refused[0].Place != 1 || !strings.Contains(result.Refused[0].Reason, "tcp://") {
		t.Errorf("%+v, %v", result, err)
	}
	largest := 0
	buffer := make([]byte, 1<<16)
	for largest < 8_192 {
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, _, err := conn.ReadFrom(buffer)
		if err != nil {
			t.Fatalf("the chunks have %d bytes at most: %v", largest, err)
		}
		if largest = max(largest, n); n > 8_192 {
			t.Fatalf("a chunk has %d bytes", n)
		}
	}
}

// Over TCP each message ends with a zero byte, and Graylog's own library reads each.
func TestGELFOverTCPIsRead(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d := to("tcp://" + l.Addr().String())
	batch := deliverytest.Written(t, d, append(deliverytest.Sample(t, 50), noise(t, "long", 1_000_000),
		deliverytest.Record(t, `{"unique_id":"zero","create_time":"2026-01-02T03:04:05Z","event":{"note":"a\u0000b"}}`))...)
	read := make(chan error, 1)
	go func() { read <- readAll(t, l, batch) }()
	if result, err := open(t, d).Send(t.Context(), batch); err != nil || result.Refused != nil {
		t.Fatalf("%+v, %v", result, err)
	}
	if err := <-read; err != nil {
		t.Error(err)
	}
}

func readAll(t testing.TB, l net.Listener, batch []delivery.Message) error {
	conn, err := l.Accept()
	if err != nil {
		return err
	}
	t.Cleanup(func() { _ = conn.Close() })
	frames := bufio.NewReader(conn)
	for i, m := range batch {
		frame, err := frames.ReadBytes(0)
		if err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
		var got gelf.Message
		if err := json.Unmarshal(frame[:len(frame)-1], &got); err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
		compare(t, &got, m)
	}
	return nil
}

func TestNoFieldShowsWhatIsRedacted(t *testing.T) {
	t.Parallel()
	reader, err := gelf.NewReader("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := to("udp://"+reader.Addr(), destination.Redaction{Field: "user_id", Action: destination.RedactHash},
		destination.Redaction{Field: "result", Action: destination.RedactRemove})
	r := deliverytest.Record(t, `{"unique_id":"r","create_time":"2026-01-02T03:04:05Z","event":{"event_name":"Token","result":"Denied","user_id":"ann"}}`)
	if _, err := open(t, d).Send(t.Context(), deliverytest.Written(t, d, r)); err != nil {
		t.Fatal(err)
	}
	got, err := reader.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(got.Extra)
	whole := string(text) + got.Short + got.Full
	if strings.Contains(whole, "ann") || strings.Contains(whole, "Denied") || !strings.Contains(string(text), "hmac-sha256:") {
		t.Error(whole)
	}
}
