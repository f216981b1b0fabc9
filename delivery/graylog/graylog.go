package graylog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/format"
	"github.com/authtrail/authtrail/delivery/socket"
)

// Options are what senders need.
type Options struct {
	socket.Options
	// Host is what this machine is called in messages; empty is its own name.
	Host string
}

// ports are those of locations without one.
var ports = map[string]string{"udp": "12201", "tcp": "12201", "tls": "12201"}

// sender implements delivery.Sender.
type sender struct {
	line       *socket.Line
	summarizer *format.Summarizer
	host       string
	buffer     []byte // of a datagram
	packer     packer
}

// New returns what opens destinations of the type graylog.
func New(options Options) delivery.Open {
	name, _ := os.Hostname()
	host := cmp.Or(options.Host, name, "authtrail")
	return func(d destination.Destination) (delivery.Sender, error) {
		line, err := socket.New(d, ports, options.Options)
		if err != nil {
			return nil, err
		}
		summarizer, err := format.NewSummarizer(d)
		if err != nil {
			return nil, err
		}
		return &sender{line: line, summarizer: summarizer, host: host}, nil
	}
}

// Close implements delivery.Sender.
func (s *sender) Close() error { return s.line.Close() }

// Send implements delivery.Sender.
func (s *sender) Send(ctx context.Context, batch []delivery.Message) (delivery.Result, error) {
	if s.line.Datagrams() {
		return s.sendDatagrams(ctx, batch)
	}
	return s.line.Stream(ctx, batch, func(to []byte, m delivery.Message) ([]byte, error) {
		written, err := s.message(to, m)
		return append(written, 0), err
	})
}

func (s *sender) sendDatagrams(ctx context.Context, batch []delivery.Message) (delivery.Result, error) {
	var result delivery.Result
	sent := 0
	err := s.line.Do(ctx, func(w io.Writer) error {
		result.Refused, sent = nil, 0
		for place, m := range batch {
			n, err := s.datagram(w, m)
			var refused *refusal
			switch {
			case errors.As(err, &refused):
				refused.Place = place
				result.Refused = append(result.Refused, refused.Refusal)
			case err != nil:
				return err
			}
			sent += n
		}
		return nil
	})
	result.Answer = s.line.Answer(sent)
	return result, err
}

// refusal is that a message can never be sent.
type refusal struct{ delivery.Refusal }

func (r *refusal) Error() string { return r.Reason }

// datagram writes a message, in chunks if it must, and returns how many bytes it had.
func (s *sender) datagram(w io.Writer, m delivery.Message) (n int, err error) {
	if s.buffer, err = s.message(s.buffer[:0], m); err != nil {
		return 0, &refusal{delivery.Refusal{Reason: err.Error()}}
	}
	packed, err := s.packer.pack(s.buffer)
	if err != nil {
		return 0, err
	}
	if len(packed) > maxPacked {
		return 0, &refusal{socket.Oversized(0, len(packed), maxPacked)}
	}
	err = writeChunks(w, packed)
	if errors.Is(err, syscall.EMSGSIZE) { // some systems allow less, and none takes it later
		return 0, &refusal{delivery.Refusal{Reason: fmt.Sprintf(
			"this machine sends no datagram as long as the message needs (it has %d bytes); use tcp:// or tls:// for such events", len(packed))}}
	}
	return len(packed), err
}
