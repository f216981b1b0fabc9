package dial_test

import (
	"context"
	"encoding/binary"
	"io"
	"log"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
)

// quiet is for servers whose clients are to fail.
var quiet = log.New(io.Discard, "", 0)

// rebinding is a resolver whose names lead to one address the first time, and to
// another from then on.
func rebinding(t *testing.T, first, then string) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	asked := atomic.Bool{}
	go func() {
		for question := make([]byte, 1_500); ; {
			n, from, err := server.ReadFrom(question)
			if err != nil {
				return
			}
			address := netip.MustParseAddr(then)
			if kind := binary.BigEndian.Uint16(question[endOfName(question):]); kind != 1 {
				address = netip.Addr{}
			} else if asked.CompareAndSwap(false, true) {
				address = netip.MustParseAddr(first)
			}
			_, _ = server.WriteTo(answerTo(question[:n], address), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

const dnsHeader = 12 // bytes

// endOfName is where the name in a question ends.
func endOfName(question []byte) int {
	at := dnsHeader
	for question[at] != 0 {
		at += int(question[at]) + 1
	}
	return at + 1
}

// answerTo answers a question of DNS with one address, or with none.
func answerTo(question []byte, address netip.Addr) []byte {
	end := endOfName(question) + 4
	answer := append([]byte(nil), question[:end]...)
	copy(answer[2:dnsHeader], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}) // an answer, to one question
	if !address.IsValid() {
		return answer
	}
	answer[7] = 1                                                          // one address
	answer = append(answer, 0xc0, dnsHeader, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4) // of that name, valid now
	return append(answer, address.AsSlice()...)
}
