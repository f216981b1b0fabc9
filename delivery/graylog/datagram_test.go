package graylog

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/format"
)

// narrow is a network that takes no long datagrams.
type narrow struct{ err error }

func (n narrow) Write([]byte) (int, error) { return 0, fmt.Errorf("write udp: %w", n.err) }

// An event that this machine cannot send must not stand before those behind it for ever,
// and one that it may send later is not refused.
func TestADatagramThatIsTooLongForTheNetworkIsRefused(t *testing.T) {
	t.Parallel()
	summarizer, err := format.NewSummarizer(destination.Destination{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := audit.DecodeEvent([]byte(`{"unique_id":"r","create_time":"2026-01-02T03:04:05Z","event":{}}`), "")
	if err != nil {
		t.Fatal(err)
	}
	s := &sender{summarizer: summarizer, host: "host"}
	for cause, want := range map[error]bool{syscall.EMSGSIZE: true, syscall.ECONNREFUSED: false} {
		var refused *refusal
		_, err := s.datagram(narrow{cause}, delivery.Message{ID: "r", Body: []byte("{}"), Record: r})
		if got := errors.As(err, &refused); got != want {
			t.Errorf("%v: %v", cause, err)
		}
		if want && !strings.Contains(refused.Reason, "use tcp://") {
			t.Errorf("%v", refused)
		}
	}
}
