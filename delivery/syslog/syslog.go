package syslog

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"strconv"
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
var ports = map[string]string{"udp": "514", "tcp": "514", "tls": "6514"}

// maxDatagram is the most bytes that a datagram of IPv4 holds; systems may allow less.
const maxDatagram = 65_507

// sender implements delivery.Sender.
type sender struct {
	line       *socket.Line
	summarizer *format.Summarizer
	host       string
	buffer     []byte // of a message
}

// New returns what opens destinations of the type syslog.
func New(options Options) delivery.Open {
	name, _ := os.Hostname()
	host := field(cmp.Or(options.Host, name), 255)
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
	return s.line.Stream(ctx, batch, func(to []byte, m delivery.Message) (_ []byte, err error) {
		if s.buffer, err = s.message(s.buffer[:0], m); err != nil {
			return nil, err
		}
		to = append(strconv.AppendInt(to, int64(len(s.buffer)), 10), ' ')
		return append(to, s.buffer...), nil
	})
}

func (s *sender) sendDatagrams(ctx context.Context, batch []delivery.Message) (delivery.Result, error) {
	var result delivery.Result
	sent := 0
	err := s.line.Do(ctx, func(w io.Writer) error {
		result.Refused, sent = nil, 0
		for place, m := range batch {
			var err error
			s.buffer, err = s.message(s.buffer[:0], m)
			switch {
			case err != nil:
				result.Refused = append(result.Refused, delivery.Refusal{Place: place, Reason: err.Error()})
				continue
			case len(s.buffer) > maxDatagram:
				result.Refused = append(result.Refused, socket.Oversized(place, len(s.buffer), maxDatagram))
				continue
			}
			switch _, err := w.Write(s.buffer); {
			case errors.Is(err, syscall.EMSGSIZE): // some systems allow less
				result.Refused = append(result.Refused, socket.Oversized(place, len(s.buffer), maxDatagram))
				continue
			case err != nil:
				return err
			}
			sent += len(s.buffer)
		}
		return nil
	})
	result.Answer = s.line.Answer(sent)
	return result, err
}
