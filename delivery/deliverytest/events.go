package deliverytest

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/format"
)

// Record reads an event as it is sent in.
func Record(t testing.TB, raw string) *audit.Record {
	t.Helper()
	r, err := audit.DecodeEvent(json.RawMessage(raw), "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Sample returns the first n events of the sample, each once, to tests of packages beside
// this one.
func Sample(t testing.TB, n int) []*audit.Record {
	t.Helper()
	file, err := os.Open("../../testdata/sample-events.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var records []*audit.Record
	seen := map[string]bool{}
	for lines := bufio.NewScanner(file); lines.Scan() && len(records) < n; {
		if r := Record(t, lines.Text()); !seen[r.UniqueID] {
			seen[r.UniqueID] = true
			records = append(records, r)
		}
	}
	return records
}

// Written returns records as the messages that a destination is sent of them.
func Written(t testing.TB, d destination.Destination, records ...*audit.Record) []delivery.Message {
	t.Helper()
	encoder, err := format.New(d)
	if err != nil {
		t.Fatal(err)
	}
	batch := make([]delivery.Message, len(records))
	for i, r := range records {
		body, err := encoder.Encode(nil, r)
		if err != nil {
			t.Fatal(err)
		}
		batch[i] = delivery.Message{ID: r.UniqueID, Time: r.Time, Body: body, Record: r}
	}
	return batch
}
