package elastic

import (
	"testing"

	"github.com/authtrail/authtrail/audit"
)

// What a record costs before it is sent.
func BenchmarkDocument(b *testing.B) {
	records := sampleEvents(b)
	some := bulk{format: newFormat(audit.Format{})}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r := records[i%len(records)]
		some.add(0, action{verb: create, index: "authtrail-write-w2026.03.02", id: idOf(r.Org, r.UniqueID)}, r, origin{})
		if len(some.body) > bulkBytes {
			some.clear()
		}
	}
}
