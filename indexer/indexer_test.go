package indexer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

func TestEachEventIsJudgedByItself(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		raw    json.RawMessage
		id     string
		status audit.Status
		reason string
	}{
		{"good", event("a", ``), "a", audit.StatusSuccess, ""},
		{"repeated", event("a", `"x":1`), "a", audit.StatusDuplicate, "already held"},
		{"bad id", event("no spaces", ``), "invalid-2", audit.StatusInvalid, "unique_id"},
		{"no id", json.RawMessage(`{"create_time":"2026-11-01T00:00:00Z","event":{}}`), "invalid-3", audit.StatusInvalid, "unique_id"},
		{"no time", json.RawMessage(`{"unique_id":"b","event":{}}`), "b", audit.StatusInvalid, "create_time"},
		{"no event", json.RawMessage(`{"unique_id":"c","create_time":"2026-11-01T00:00:00Z","event":[]}`), "c", audit.StatusInvalid, "event"},
		{"no object", json.RawMessage(`7`), "invalid-6", audit.StatusInvalid, "object"},
		{"no JSON", json.RawMessage(`{"unique_id":"d"`), "invalid-7", audit.StatusInvalid, "JSON"},
		{"no UTF-8", json.RawMessage("{\"unique_id\":\"e\",\"x\":\"\xff\"}"), "e", audit.StatusInvalid, "UTF-8"},
		{"too large", event("f", `"x":"`+strings.Repeat("x", audit.MaxEventBytes)+`"`), "f", audit.StatusInvalid, "bytes"},
		{"also good", event("g", ``), "g", audit.StatusSuccess, ""},
		{"not for senders", event("h", `"subsystem":"Authtrail_Reads"`), "h", audit.StatusInvalid, "kept for the server"},
	}
	var list []json.RawMessage
	for _, test := range tests {
		list = append(list, test.raw)
	}
	statuses := ingest(t, New(&shelf{}, Options{}), list)
	for i, test := range tests {
		got := statuses[i]
		if got.UniqueID != test.id || got.Status != test.status || !strings.Contains(got.Message, test.reason) {
			t.Errorf("%s: got %+v, want %s %s naming %q", test.name, got, test.id, test.status, test.reason)
		}
	}
}

func TestAForeignOrgIsInvalidAndTheOwnOneIsFilledIn(t *testing.T) {
	t.Parallel()
	store := &shelf{}
	member := audit.MemberOf("agent", "mine", audit.RoleEditor)
	statuses, err := New(store, Options{}).Ingest(t.Context(), member, []json.RawMessage{
		event("a", ``), event("b", `"org_id":"mine"`), event("c", `"org_id":"theirs"`), event("d", `"org":"theirs"`),
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []audit.Status{audit.StatusSuccess, audit.StatusSuccess, audit.StatusInvalid, audit.StatusInvalid} {
		if statuses[i].Status != want {
			t.Errorf("event %d: got %+v, want %s", i, statuses[i], want)
		}
	}
	if !strings.Contains(statuses[2].Message, "theirs") {
		t.Errorf("the reason %q does not name the organisation", statuses[2].Message)
	}
	if len(store.held) != 2 || store.held[0].Org != "mine" || store.held[1].Org != "mine" {
		t.Errorf("held %d records, want the two of the own organisation", len(store.held))
	}
}

func TestOnlyEditorsMaySend(t *testing.T) {
	t.Parallel()
	for role, allowed := range map[audit.Role]bool{
		audit.RoleNone: false, audit.RoleViewer: false, audit.RoleEditor: true, audit.RoleOwner: true,
	} {
		_, err := New(&shelf{}, Options{}).Ingest(t.Context(), audit.MemberOf("s", "o", role), events(1))
		if allowed && err != nil {
			t.Errorf("role %d: %v", role, err)
		}
		if !allowed {
			wantCode(t, err, audit.Forbidden)
		}
	}
}

func TestALargeCallIsWrittenInBatchesInOrder(t *testing.T) {
	t.Parallel()
	store := &shelf{}
	statuses := ingest(t, New(store, Options{BatchEvents: 40}), events(250))
	if want := fmt.Sprint([]int{40, 40, 40, 40, 40, 40, 10}); fmt.Sprint(store.batches) != want {
		t.Errorf("batches of %v, want %s", store.batches, want)
	}
	for i, record := range store.held {
		if want := fmt.Sprintf("e%d", i); record.UniqueID != want || statuses[i].UniqueID != want {
			t.Fatalf("at %d: stored %s, answered %s, want %s", i, record.UniqueID, statuses[i].UniqueID, want)
		}
	}
}

func TestBatchesAreBoundedInBytes(t *testing.T) {
	t.Parallel()
	store := &shelf{}
	list := events(3)
	list[1] = event("large", `"x":"`+strings.Repeat("x", 5000)+`"`)
	ingest(t, New(store, Options{BatchBytes: 1000}), list)
	if want := fmt.Sprint([]int{1, 1, 1}); fmt.Sprint(store.batches) != want {
		t.Errorf("batches of %v, want %s", store.batches, want)
	}
}

func TestWhenNothingIsStoredTheStoreErrorIsReturned(t *testing.T) {
	t.Parallel()
	down := &audit.Error{Code: audit.Unavailable, Message: "the disk is full", RetryAfter: 7 * time.Second}
	x := New(&shelf{fail: func(int) error { return down }}, Options{BatchEvents: 10, Logger: quiet})
	_, err := x.Ingest(t.Context(), audit.Everyone(), events(100))
	if got := wantCode(t, err, audit.Unavailable); got.RetryAfter != 7*time.Second {
		t.Errorf("retry after %s, want the store's 7s", got.RetryAfter)
	}
	if events, bytes := x.Depth(); events != 0 || bytes != 0 {
		t.Errorf("%d events and %d bytes still count as under way", events, bytes)
	}
}

func TestWhatFollowsAFailedBatchIsToBeSentAgain(t *testing.T) {
	t.Parallel()
	store := &shelf{fail: func(batch int) error {
		if batch == 2 {
			return &audit.Error{Code: audit.Unavailable, Message: "the disk is full", RetryAfter: time.Second}
		}
		return nil
	}}
	list := append(events(25), json.RawMessage(`{}`))
	statuses := ingest(t, New(store, Options{BatchEvents: 10, Logger: quiet}), list)
	for i, got := range statuses {
		want := audit.StatusUnprocessed
		switch {
		case i < 10:
			want = audit.StatusSuccess
		case i == 25:
			want = audit.StatusInvalid
		}
		if got.Status != want || got.UniqueID == "" {
			t.Errorf("event %d: got %+v, want %s", i, got, want)
		}
	}
	if got := statuses[10]; !strings.Contains(got.Message, "disk is full") || got.RetryAfter != time.Second {
		t.Errorf("got %+v, want the store's message and delay", got)
	}
	if len(store.batches) != 2 {
		t.Errorf("%d batches reached the store, want 2: it had failed", len(store.batches))
	}
}

func TestADefectOfTheStoreIsNotShown(t *testing.T) {
	t.Parallel()
	store := &shelf{fail: func(batch int) error {
		if batch == 2 {
			return errors.New("secret detail")
		}
		return nil
	}}
	statuses := ingest(t, New(store, Options{BatchEvents: 1, Logger: quiet}), events(2))
	if got := statuses[1]; got.Status != audit.StatusUnprocessed || strings.Contains(got.Message, "secret") {
		t.Errorf("got %+v", got)
	}
}
