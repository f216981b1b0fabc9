package webhook_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/deliverytest"
	"github.com/authtrail/authtrail/delivery/webhook"
)

func TestIsASender(t *testing.T) {
	t.Parallel()
	deliverytest.RunSender(t, func(t *testing.T) deliverytest.Subject {
		var mu sync.Mutex
		var arrived []string
		location := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			var document struct{ Events []json.RawMessage }
			body, err := io.ReadAll(r.Body)
			if err == nil {
				err = json.Unmarshal(body, &document)
			}
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, event := range document.Events {
				arrived = append(arrived, string(event))
			}
		})
		return deliverytest.Subject{Sender: open(t, to(location), webhook.Options{}), Arrived: func() []string {
			mu.Lock()
			defer mu.Unlock()
			return append([]string(nil), arrived...)
		}}
	})
}

// deliver sends messages as the delivery does, without its patience.
func deliver(t *testing.T, s delivery.Sender, messages []delivery.Message) (refused []string) {
	t.Helper()
	for from := 0; from < len(messages); from += 50 {
		for batch := messages[from:min(from+50, len(messages))]; len(batch) > 0; {
			result, err := s.Send(t.Context(), batch)
			if err != nil {
				time.Sleep(min(delivery.FailureOf(err).After, 20*time.Millisecond) + time.Millisecond)
				continue
			}
			for _, refusal := range result.Refused {
				refused = append(refused, batch[refusal.Place].ID)
			}
			var again []delivery.Message
			for _, place := range result.Retry {
				again = append(again, batch[place])
			}
			batch = again
		}
	}
	return refused
}

func TestEverythingReachesAReceiverThatFailsInEveryWay(t *testing.T) {
	t.Parallel()
	r := deliverytest.NewReceiver(t, deliverytest.Plan{Seed: 7, Faults: deliverytest.AllFaults, Every: 2})
	messages := deliverytest.Messages(0, 10_000)
	refused := deliver(t, open(t, to(r.URL), webhook.Options{}), messages)
	ids := make([]string, len(messages))
	for i := range messages {
		ids[i] = messages[i].ID
	}
	if err := r.Check(ids, 50); err != nil {
		t.Error(err)
	}
	if discarded := r.Discarded(); len(refused) != len(discarded) || len(refused) == 0 {
		t.Errorf("%d are said to be refused, %d were", len(refused), len(discarded))
	}
	for _, fault := range deliverytest.AllFaults {
		if r.Requests()[fault] == 0 {
			t.Errorf("it never failed by %s: %v", fault, r.Requests())
		}
	}
}

func BenchmarkSend(b *testing.B) {
	r := deliverytest.NewReceiver(b, deliverytest.Plan{})
	s := open(b, to(r.URL), webhook.Options{})
	batch := deliverytest.Messages(0, 1_000)
	padding := make([]byte, 600)
	for i := range padding {
		padding[i] = 'x'
	}
	for i := range batch { // as large as authentication records are
		body := batch[i].Body
		batch[i].Body = append(append(append(body[:len(body)-2:len(body)-2], `,"details":"`...), padding...), `"}}`...)
	}
	ctx := context.Background()
	b.SetBytes(int64(len(batch) * len(batch[0].Body)))
	b.ReportAllocs()
	events := 0
	for b.Loop() {
		if _, err := s.Send(ctx, batch); err != nil {
			b.Fatal(err)
		}
		events += len(batch)
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}
