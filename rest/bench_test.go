package rest

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/indexer"
	"github.com/authtrail/authtrail/store/sqlite"
)

// BenchmarkBulkIngest measures durable ingest over HTTP into the embedded store:
// four senders, 2,000 events a call.
func BenchmarkBulkIngest(b *testing.B) {
	const senders, perCall = 4, 2000
	store, err := sqlite.Open(b.Context(), sqlite.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	s := serve(b, Options{Searcher: store, Ingester: indexer.New(store, indexer.Options{})})
	events := sampleEvents(b)

	calls := make(chan []byte)
	var sending sync.WaitGroup
	for range senders {
		sending.Go(func() {
			for body := range calls {
				response, err := http.Post(s.url+"/v1/bulk_audit_events", "application/json", bytes.NewReader(body))
				if err != nil || response.StatusCode != http.StatusCreated {
					b.Errorf("%v %v", response, err)
					continue
				}
				_ = response.Body.Close()
			}
		})
	}
	sent := 0
	for b.Loop() {
		calls <- bodyOf(events, sent, perCall)
		sent += perCall
	}
	close(calls)
	sending.Wait()
	b.ReportMetric(float64(sent)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkSplit measures reading a bulk body without its events.
func BenchmarkSplit(b *testing.B) {
	body := bodyOf(sampleEvents(b), 0, 2000)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := readBulk(body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecode measures what the indexer does with each event.
func BenchmarkDecode(b *testing.B) {
	read, err := readBulk(bodyOf(sampleEvents(b), 0, 2000))
	if err != nil {
		b.Fatal(err)
	}
	for n := 0; b.Loop(); n++ {
		if _, err := audit.DecodeEvent(read.events[n%2000], ""); err != nil {
			b.Fatal(err)
		}
	}
}

func sampleEvents(b *testing.B) []string {
	b.Helper()
	file, err := os.Open("../testdata/sample-events.ndjson")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var events []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		events = append(events, lines.Text())
	}
	return events
}

// bodyOf returns a body of count sample events, as new ones from number from on.
func bodyOf(events []string, from, count int) []byte {
	var body strings.Builder
	body.Grow(count * 1024)
	body.WriteString(`{"events":[`)
	for n := from; n < from+count; n++ {
		if n > from {
			body.WriteByte(',')
		}
		event := events[n%len(events)]
		body.WriteString(strings.Replace(event, `"unique_id":"smp-`, fmt.Sprintf(`"unique_id":"%d-`, n), 1))
	}
	body.WriteString(`]}`)
	return []byte(body.String())
}
