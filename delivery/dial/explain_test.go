package dial_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/dial"
)

// answering accepts connections, reads what comes first, and answers by a text.
func answering(t *testing.T, answer string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4<<10))
			_, _ = io.WriteString(conn, answer)
			_ = conn.Close()
		}
	}()
	return listener.Addr().String()
}

func TestReasonsSayWhatIsWrongWithTheReceiver(t *testing.T) {
	t.Parallel()
	client := dial.New(dial.Options{Allow: thisMachine}).Client(nil)
	for location, want := range map[string]string{
		"http://127.0.0.1:1/":                          "refused the connection",
		"http://" + answering(t, ""):                   "broke the connection off",
		"http://" + answering(t, "220 smtp ready\r\n"): "not HTTP",
		"https://" + answering(t, "220 smtp ready\n"):  "does not speak TLS",
		"http://nobody.invalid/":                       "DNS",
	} {
		if reason := reasonOf(t, client, location); !strings.Contains(reason, want) {
			t.Errorf("%s: %q, want %q", location, reason, want)
		}
	}
}

func TestAFailureThatIsKnownStaysAsItIs(t *testing.T) {
	t.Parallel()
	known := &delivery.Failure{Reason: "no token", Status: 401}
	if got := dial.Explain(fmt.Errorf("send: %w", known)); got != known {
		t.Errorf("got %+v", got)
	}
	cause := &net.OpError{Op: "write", Net: "tcp", Err: errors.New("10.1.2.3 is gone")}
	if got := dial.Explain(cause); strings.Contains(got.Reason, "10.1.2.3") || !errors.Is(got, cause) {
		t.Errorf("got %q", got.Reason)
	}
	if got := dial.Explain(context.DeadlineExceeded); !strings.Contains(got.Reason, "in time") {
		t.Errorf("got %q", got.Reason)
	}
}

// What a receiver repeats of a request may be in the error of net/http.
func TestTheCauseRepeatsNothingThatWasSent(t *testing.T) {
	t.Parallel()
	client := dial.New(dial.Options{Allow: thisMachine}).Client(nil)
	for name, answer := range map[string]string{
		"as a header": "HTTP/1.1 200 OK\r\nAuthorization Bearer swordfish\r\n\r\n", "as the first line": "swordfish\r\n", "as a status": "HTTP/1.1 swordfish\r\n\r\n",
		"as a length": "HTTP/1.1 200 OK\r\nContent-Length: swordfish\r\n\r\n", "as an encoding": "HTTP/1.1 200 OK\r\nTransfer-Encoding: swordfish\r\n\r\n",
	} {
		response, err := client.Post("http://"+answering(t, answer)+"/swordfish", "text/plain", strings.NewReader("swordfish"))
		if err == nil {
			_ = response.Body.Close()
			t.Errorf("%s: it was taken", name)
			continue
		}
		for told := error(dial.Explain(err)); told != nil; told = errors.Unwrap(told) {
			if strings.Contains(told.Error(), "swordfish") {
				t.Errorf("%s: %v", name, told)
			}
		}
	}
}
