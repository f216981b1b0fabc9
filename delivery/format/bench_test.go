package format_test

import (
	"syscall"
	"testing"
	"time"

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
	before := cpu(b)
	for i := 0; b.Loop(); i++ {
		if to, err = c.Encode(to[:0], records[i%len(records)]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/(cpu(b)-before).Seconds(), "events/cpu-s")
}

// cpu is the time that this process has computed for: what others do on the machine
// meanwhile does not count.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
