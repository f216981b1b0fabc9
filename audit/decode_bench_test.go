package audit_test

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

func BenchmarkDecodeEvent(b *testing.B) {
	events := sampleEvents(b)
	var bytes int
	for _, event := range events {
		bytes += len(event)
	}
	b.SetBytes(int64(bytes / len(events)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := audit.DecodeEvent(events[i%len(events)], ""); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRestore(b *testing.B) {
	events := sampleEvents(b)
	stored := make([]audit.Stored, len(events))
	for i, event := range events {
		stored[i] = decode(b, string(event)).Stored()
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		audit.Restore(stored[i%len(stored)])
	}
}

func BenchmarkDocumentStrings(b *testing.B) {
	events := sampleEvents(b)
	records := make([]*audit.Record, len(events))
	for i, event := range events {
		records[i] = decode(b, string(event))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		for range records[i%len(records)].Document().Strings() {
		}
	}
}

// sampleEvents returns the events of the project's sample data, as sent.
func sampleEvents(tb testing.TB) []json.RawMessage {
	tb.Helper()
	file, err := os.Open("../testdata/sample-events.ndjson")
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	var events []json.RawMessage
	for lines := bufio.NewScanner(file); lines.Scan(); {
		events = append(events, json.RawMessage(lines.Text()))
	}
	if len(events) == 0 {
		tb.Fatal("the sample data is empty")
	}
	return events
}

// decode reads a bulk event that must be valid.
func decode(tb testing.TB, event string) *audit.Record {
	tb.Helper()
	record, err := audit.DecodeEvent(json.RawMessage(event), "sender-org")
	if err != nil {
		tb.Fatalf("decode %s: %v", event, err)
	}
	return record
}
