package delivery

import (
	"fmt"
	"testing"

	"github.com/authtrail/authtrail/audit/destination"
)

// BenchmarkTwentyDestinations delivers every event to twenty destinations.
func BenchmarkTwentyDestinations(b *testing.B) {
	w := newWorld(b)
	for i := range 20 {
		w.destination(fmt.Sprint("d", i), "")
	}
	w.start()
	for _, of := range w.listed() {
		w.becomes(of, func(h destination.Health) bool { return h.State == destination.Delivering })
	}
	b.ResetTimer()
	w.events("one", 0, b.N)
	eventually(b, func() bool { return len(w.receiver.taken()) == 20*b.N }, func() string { return "not all came" })
	b.ReportMetric(float64(20*b.N)/b.Elapsed().Seconds(), "events/s")
}
