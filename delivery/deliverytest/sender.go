package deliverytest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/delivery"
)

// Subject is a sender, and what arrived at its receiver.
type Subject struct {
	Sender delivery.Sender
	// Arrived returns the bodies that arrived so far, in their order.
	Arrived func() []string
}

// patience is for how long what was sent may be under way.
const patience = 10 * time.Second

// Messages returns messages for the agilicus format, with ids from a number on.
func Messages(from, count int) []delivery.Message {
	messages := make([]delivery.Message, count)
	for i := range messages {
		id := fmt.Sprintf("event-%07d", from+i)
		messages[i] = delivery.Message{ID: id, Time: time.Now(), Body: fmt.Appendf(nil,
			`{"unique_id":%q,"create_time":"2026-01-02T03:04:05Z","event":{"event_name":"Token","result":"Success"}}`, id)}
	}
	return messages
}

// RunSender checks what holds for senders of every kind, each time with a new subject.
func RunSender(t *testing.T, start func(t *testing.T) Subject) {
	t.Run("what is sent arrives whole and in order", func(t *testing.T) {
		t.Parallel()
		s := start(t)
		var want []string
		for from, size := range []int{1, 7, 100} {
			batch := Messages(from*1_000, size)
			result, err := s.Sender.Send(t.Context(), batch)
			if err != nil || len(result.Refused)+len(result.Retry) > 0 {
				t.Fatalf("a batch of %d: %+v, %v", size, result, err)
			}
			for _, m := range batch {
				want = append(want, string(m.Body))
			}
		}
		arrives(t, s, want)
		if err := s.Sender.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	t.Run("what is stopped ends soon, and the next is sent", func(t *testing.T) {
		t.Parallel()
		s := start(t)
		ended, end := context.WithCancel(t.Context())
		end()
		began := time.Now()
		var want []string
		if _, err := s.Sender.Send(ended, Messages(0, 1)); err == nil { // then it was done nevertheless
			want = []string{string(Messages(0, 1)[0].Body)}
		}
		if took := time.Since(began); took > patience/2 {
			t.Errorf("it took %s to stop", took)
		}
		batch := Messages(1, 1)
		if _, err := s.Sender.Send(t.Context(), batch); err != nil {
			t.Errorf("afterwards: %v", err)
		}
		arrives(t, s, append(want, string(batch[0].Body)))
		if err := s.Sender.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

// arrives waits until the last of what is wanted has arrived.
func arrives(t *testing.T, s Subject, want []string) {
	t.Helper()
	for since := time.Now(); time.Since(since) < patience; time.Sleep(time.Millisecond) {
		if slices.Equal(s.Arrived(), want) {
			return
		}
	}
	t.Errorf("%d arrived, want %d:\n%q", len(s.Arrived()), len(want), s.Arrived())
}
