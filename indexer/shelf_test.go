package indexer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

// shelf is an Appender for what a real store cannot be made to do on demand:
// to wait, and to fail.
type shelf struct {
	mu      sync.Mutex
	held    []*audit.Record
	batches []int
	fail    func(batch int) error // asked before each batch is held
	gate    chan struct{}         // a batch waits for it, unless nil
	arrived chan struct{}         // told of each batch that waits, unless nil
}

func (s *shelf) Append(ctx context.Context, batch []*audit.Record) ([]audit.Outcome, error) {
	if s.gate != nil {
		s.arrived <- struct{}{}
		select {
		case <-s.gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = append(s.batches, len(batch))
	if s.fail != nil {
		if err := s.fail(len(s.batches)); err != nil {
			return nil, err
		}
	}
	outcomes := make([]audit.Outcome, len(batch))
	for i, record := range batch {
		outcomes[i] = s.hold(record)
	}
	return outcomes, nil
}

func (s *shelf) hold(record *audit.Record) audit.Outcome {
	for _, held := range s.held {
		if held.Key() == record.Key() {
			return audit.Outcome{Status: audit.Duplicate}
		}
	}
	s.held = append(s.held, record)
	return audit.Outcome{}
}

// quiet is for tests that make the store fail.
var quiet = slog.New(slog.DiscardHandler)

func event(id, members string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"unique_id":%q,"create_time":"2026-11-01T00:00:00Z","event":{%s}}`, id, members))
}

func events(n int) []json.RawMessage {
	list := make([]json.RawMessage, n)
	for i := range list {
		list[i] = event(fmt.Sprintf("e%d", i), `"event_name":"Token"`)
	}
	return list
}

func ingest(t *testing.T, x *Indexer, list []json.RawMessage) []audit.EventStatus {
	t.Helper()
	statuses, err := x.Ingest(t.Context(), audit.Everyone(), list)
	if err != nil {
		t.Fatal(err)
	}
	if len(statuses) != len(list) {
		t.Fatalf("%d statuses for %d events", len(statuses), len(list))
	}
	return statuses
}

func wantCode(t *testing.T, err error, code audit.Code) *audit.Error {
	t.Helper()
	var known *audit.Error
	if !errors.As(err, &known) || known.Code != code {
		t.Fatalf("got error %v, want %s", err, code)
	}
	return known
}
