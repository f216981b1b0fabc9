package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// bulkServer returns a store of a server that answers bulks with what answer
// says of each record, by its unique_id and how often it was sent. It stands for
// a cluster that is too busy, which a test cannot make of a real one.
func bulkServer(t testing.TB, answer func(id string, sent int) int) (*Store, map[string]int) {
	t.Helper()
	sent := map[string]int{}
	es := answering(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !strings.HasSuffix(r.URL.Path, "_bulk") {
			_, _ = w.Write([]byte(`{"_shards":{"total":9,"successful":9,"failed":0}}`))
			return
		}
		var items []string
		for i, line := range bytes.Split(bytes.TrimSpace(body), []byte("\n")) {
			var doc struct {
				Meta struct {
					UniqueID string `json:"unique_id"`
				}
			}
			if i%2 == 0 || json.Unmarshal(line, &doc) != nil {
				continue
			}
			sent[doc.Meta.UniqueID]++
			items = append(items, fmt.Sprintf(`{"create":{"status":%d,"error":{"type":"t","reason":"r"}}}`, answer(doc.Meta.UniqueID, sent[doc.Meta.UniqueID])))
		}
		_, _ = w.Write([]byte(`{"items":[` + strings.Join(items, ",") + `]}`))
	})
	es.timeout = 10 * time.Second
	options, err := Options{URLs: []string{"http://127.0.0.1:1"}}.complete()
	if err != nil {
		t.Fatal(err)
	}
	s := newStore(es, options)
	t.Cleanup(func() { _ = s.Close() })
	return s, sent
}

func TestOnlyWhatTheClusterIsTooBusyForIsSentAgain(t *testing.T) {
	t.Parallel()
	s, sent := bulkServer(t, func(id string, sent int) int {
		switch {
		case id == "busy" && sent < 3:
			return 429
		case id == "failing" && sent < 2:
			return 503
		case id == "known":
			return 409
		case id == "bad":
			return 400
		}
		return 201
	})
	var batch []*audit.Record
	for _, id := range []string{"good", "busy", "known", "bad", "failing"} {
		batch = append(batch, event(t, "o", id, testTime, ""))
	}
	got := statuses(t, s, append(batch, batch[3])...)
	if want := []audit.OutcomeStatus{audit.Accepted, audit.Accepted, audit.Duplicate, audit.Rejected, audit.Accepted, audit.Rejected}; !slices.Equal(got, want) {
		t.Errorf("outcomes %v, want %v", got, want)
	}
	for id, want := range map[string]int{"good": 1, "busy": 3, "known": 1, "bad": 1, "failing": 2} {
		if sent[id] != want {
			t.Errorf("%s was sent %d times, want %d", id, sent[id], want)
		}
	}
}

func TestARecordWithoutAnAnswerIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	s, _ := bulkServer(t, func(string, int) int { return 201 })
	es := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"items":[{"create":{"status":201}}]}`))
	})
	s.client = es
	_, err := s.Append(context.Background(), []*audit.Record{event(t, "o", "a", testTime, ""), event(t, "o", "b", testTime, "")})
	if audit.AsError(err).Code != audit.Unavailable {
		t.Errorf("an answer for one of two records: %v", err)
	}
}

func TestARecordThatStaysTooMuchEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	s, _ := bulkServer(t, func(string, int) int { return 429 })
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if _, err := s.Append(ctx, []*audit.Record{event(t, "o", "a", testTime, "")}); err == nil || ctx.Err() == nil {
		t.Errorf("the cluster is busy for ever: %v", err)
	}
}

func TestLargeBatchesAreSentInSeveralBulksInTheirOrder(t *testing.T) {
	t.Parallel()
	var order []string
	s, _ := bulkServer(t, func(id string, _ int) int { order = append(order, id); return 201 })
	var batch []*audit.Record
	for i := range 20 {
		batch = append(batch, event(t, "o", fmt.Sprintf("r-%02d", i), testTime, `"blob":"`+strings.Repeat("x ", 200_000)+`"`))
	}
	if got := statuses(t, s, batch...); slices.ContainsFunc(got, func(o audit.OutcomeStatus) bool { return o != audit.Accepted }) {
		t.Errorf("outcomes %v", got)
	}
	if len(order) != len(batch) || !slices.IsSorted(order) {
		t.Errorf("the records were sent as %v", order)
	}
}
