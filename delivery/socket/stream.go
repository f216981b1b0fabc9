package socket

import (
	"context"
	"io"

	"github.com/authtrail/authtrail/delivery"
)

// Frame appends a message to a stream, as its protocol tells one from the next. Its
// error is why this message is refused; then nothing is appended.
type Frame func(to []byte, m delivery.Message) ([]byte, error)

// Stream writes a batch over a connection, all of it at once.
func (l *Line) Stream(ctx context.Context, batch []delivery.Message, frame Frame) (delivery.Result, error) {
	var result delivery.Result
	l.stream = l.stream[:0]
	for place, m := range batch {
		longer, err := frame(l.stream, m)
		if err != nil {
			result.Refused = append(result.Refused, delivery.Refusal{Place: place, Reason: err.Error()})
			continue
		}
		l.stream = longer
	}
	if len(l.stream) == 0 {
		return result, nil
	}
	err := l.Do(ctx, func(w io.Writer) error {
		_, err := w.Write(l.stream)
		return err
	})
	result.Answer = l.Answer(len(l.stream))
	return result, err
}
