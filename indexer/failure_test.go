package indexer

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

func TestAPanicCostsOneEventAndIsLoggedWithoutItsContent(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	store := &shelf{}
	x := New(store, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	x.decodeEvent = func(raw json.RawMessage, org string) (*audit.Record, error) {
		if bytes.Contains(raw, []byte("secret")) {
			panic("cannot read " + string(raw))
		}
		return audit.DecodeEvent(raw, org)
	}
	list := events(4)
	list[2] = event("bad", `"password":"secret"`)
	statuses := ingest(t, x, list)
	for i, got := range statuses {
		want := audit.EventStatus{UniqueID: got.UniqueID, Status: audit.StatusSuccess}
		if i == 2 {
			want = audit.EventStatus{UniqueID: "bad", Status: audit.StatusInvalid, Message: "internal error"}
		}
		if got != want {
			t.Errorf("event %d: got %+v, want %+v", i, got, want)
		}
	}
	if len(store.held) != 3 {
		t.Errorf("%d events are held, want the other 3", len(store.held))
	}
	if said := log.String(); strings.Count(said, "panic while reading") != 1 || !strings.Contains(said, "index=2") ||
		strings.Contains(said, "secret") {
		t.Errorf("the log says %s", said)
	}
}

func TestWhatTheStoreLogsIsNotLoggedAgain(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	store := &shelf{fail: func(batch int) error {
		if batch == 2 {
			return errors.New("the disk is full")
		}
		return nil
	}}
	ingest(t, New(store, Options{BatchEvents: 1, Logger: slog.New(slog.NewTextHandler(&log, nil))}), events(3))
	if log.Len() > 0 {
		t.Errorf("the log says %s", log.String())
	}
}
