package format_test

import (
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// One core writes at least 500,000 events a second as they came, and 50,000 in any
// other form.
func BenchmarkEncode(b *testing.B) {
	flows := sampleFlows()
	hash := destination.Redaction{Field: "user_id", Action: destination.RedactHash}
	for _, name := range formats {
		b.Run(name, func(b *testing.B) { benchmark(b, in(name), sample()) })
		b.Run(name+"/redacted", func(b *testing.B) { benchmark(b, in(name, hash), sample()) })
		b.Run(name+"/flows", func(b *testing.B) { benchmark(b, in(name), flows) })
	}
}

func benchmark(b *testing.B, d destination.Destination, records []*audit.Record) {
	c := newEncoder(b, d)
	var to []byte
	var err error
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if to, err = c.Encode(to[:0], records[i%len(records)]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
