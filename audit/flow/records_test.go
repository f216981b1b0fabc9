package flow_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

const idle = 15 * time.Minute

var began = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

// record decodes an auth event of org-1 and req-1 from members of an event; more may be
// given, or these overwritten, with an empty value leaving one out.
func record(t testing.TB, uniqueID string, at time.Duration, members ...string) *audit.Record {
	t.Helper()
	event := map[string]string{"subsystem": "auth", "org_id": "org-1", "request_id": "req-1",
		"time": began.Add(at).Format(time.RFC3339Nano)}
	for _, member := range members {
		name, value, _ := strings.Cut(member, "=")
		event[name] = value
		if value == "" {
			delete(event, name)
		}
	}
	raw, err := json.Marshal(map[string]any{"unique_id": uniqueID, "create_time": event["time"], "event": event})
	if err != nil {
		t.Fatal(err)
	}
	r, err := audit.DecodeEvent(raw, "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// steps decodes one record per line "2s | Event Name | Result | member=value | …".
func steps(t testing.TB, text string) []*audit.Record {
	t.Helper()
	var records []*audit.Record
	for line := range strings.Lines(strings.TrimSpace(text)) {
		parts := strings.Split(line, "|")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		at, err := time.ParseDuration(parts[0])
		if err != nil || len(parts) < 3 {
			t.Fatalf("no step: %q (%v)", line, err)
		}
		members := append([]string{"event_name=" + parts[1], "result=" + parts[2]}, parts[3:]...)
		records = append(records, record(t, fmt.Sprintf("r%d", len(records)+1), at, members...))
	}
	return records
}

func ids(records []*audit.Record) []string {
	list := make([]string, len(records))
	for i, r := range records {
		list[i] = r.UniqueID
	}
	return list
}
