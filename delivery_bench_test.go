package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// BenchmarkDeliverToAWebhook delivers the sample's events, under new ids, to a receiver
// of this process that counts them, from the embedded store.
func BenchmarkDeliverToAWebhook(b *testing.B) {
	var got atomic.Int64
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // of a test, whole
		got.Add(int64(bytes.Count(body, []byte(`"unique_id":"bench-`))))
	}))
	defer receiver.Close()
	config := defaultConfig()
	config.Data, config.FlowBuilder, config.Delivery.Allow = b.TempDir(), false, []string{allowReceivers}
	app, err := newApplication(b.Context(), config, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer app.close()
	draft, err := destination.Parse([]byte(`{"spec":{"enabled":true,"name":"a","org_id":"bench","destination_type":"webhook","location":"` +
		receiver.URL + `","comment":"","filters":[]}}`))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := app.destinations.Create(b.Context(), draft); err != nil {
		b.Fatal(err)
	}
	fillForBench(b, app.store, b.N)
	runtime.GC()
	b.ResetTimer()
	stop := app.deliveries.run(b.Context())
	var most uint64
	for got.Load() < int64(b.N) {
		time.Sleep(5 * time.Millisecond)
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapInuse)
	}
	b.StopTimer()
	stop()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(most)/(1<<20), "MiB-heap")
}

// fillForBench stores n events of one org.
func fillForBench(b *testing.B, store audit.Appender, n int) {
	b.Helper()
	var records []*audit.Record
	lines, _ := numberedEvents(0, n)
	for _, line := range lines {
		text := bytes.ReplaceAll(bytes.ReplaceAll(line, []byte(`"event-`), []byte(`"bench-`)), []byte(`"org_id":"one"`), []byte(`"org_id":"bench"`))
		text = bytes.ReplaceAll(text, []byte(`"org_id":"two"`), []byte(`"org_id":"bench"`))
		r, err := audit.DecodeEvent(text, "")
		if err != nil {
			b.Fatal(err)
		}
		records = append(records, r)
	}
	for some := range slices.Chunk(records, 1_000) {
		if _, err := store.Append(b.Context(), some); err != nil {
			b.Fatal(err)
		}
	}
}
