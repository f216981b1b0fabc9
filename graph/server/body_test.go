package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

func TestABodyOverTheLimitIsRefusedAndDrained(t *testing.T) {
	t.Parallel()
	server := start(t, func(o *Options) { o.MaxBody = 1000 })
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// Far more than the connection's buffers hold: a server that answered without
	// reading on would break the connection before the client hears why.
	const size = 16 << 20
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", size)
	if _, err := io.CopyN(conn, zeros{}, size); err != nil {
		t.Fatalf("the body was not read to its end: %v", err)
	}
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(response.Body)
	response.Body.Close()
	if response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("got status %d, want 413", response.StatusCode)
	}
	expectError(t, string(body), audit.BadUserInput, "at most 1000 bytes")

	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(helloQuery), helloQuery)
	response, err = http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatalf("the connection was not good for another request: %v", err)
	}
	response.Body.Close()
}

func TestABodyAtTheLimitIsRead(t *testing.T) {
	t.Parallel()
	limit := func(o *Options) { o.MaxBody = 100 }
	atLimit := helloQuery + strings.Repeat(" ", 100-len(helloQuery))
	if answer := ask(t, post(atLimit), limit); answer.Code != http.StatusOK {
		t.Errorf("100 bytes: got status %d", answer.Code)
	}
	if answer := ask(t, post(atLimit+" "), limit); answer.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("101 bytes: got status %d, want 413", answer.Code)
	}
}

func TestALimitOfTheServersOwnIsHeardToo(t *testing.T) {
	t.Parallel()
	request := post(helloQuery)
	request.Body = http.MaxBytesReader(nil, request.Body, 5)
	answer := ask(t, request)
	if answer.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("got status %d, want 413", answer.Code)
	}
	expectError(t, answer.Body.String(), audit.BadUserInput, "at most 5 bytes")
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }
