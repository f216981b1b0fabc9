package graylog

import (
	"cmp"
	"context"
	"io"
	"os"

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
	buffer     []byte
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
	var result delivery.Result
	s.buffer = s.buffer[:0]
	for place, m := range batch {
		written, err := s.message(s.buffer, m)
		if err != nil {
			result.Refused = append(result.Refused, delivery.Refusal{Place: place, Reason: err.Error()})
			continue
		}
		s.buffer = append(written, 0)
	}
	if len(s.buffer) == 0 {
		return result, nil
	}
	err := s.line.Do(ctx, func(w io.Writer) error {
		_, err := w.Write(s.buffer)
		return err
	})
	result.Answer = s.line.Answer(len(s.buffer))
	return result, err
}

func (s *sender) sendDatagrams(ctx context.Context, batch []delivery.Message) (delivery.Result, error) {
	var result delivery.Result
	sent := 0
	err := s.line.Do(ctx, func(w io.Writer) error {
		result.Refused, sent = nil, 0
		for place, m := range batch {
			var err error
			if s.buffer, err = s.message(s.buffer[:0], m); err != nil {
				result.Refused = append(result.Refused, delivery.Refusal{Place: place, Reason: err.Error()})
				continue
			}
			packed, err := s.packer.pack(s.buffer)
			if err != nil {
				return err
			}
			if len(packed) > maxPacked {
				result.Refused = append(result.Refused, socket.Oversized(place, len(packed), maxPacked))
				continue
			}
			if err := writeChunks(w, packed); err != nil {
				return err
			}
			sent += len(packed)
		}
		return nil
	})
	result.Answer = s.line.Answer(sent)
	return result, err
}
