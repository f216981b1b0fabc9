package rest

import (
	"testing"

	"github.com/authtrail/authtrail/audit"
)

func TestSlowBodiesLeaveRoomForThoseOfOthers(t *testing.T) {
	t.Parallel()
	bodies := newMemory(48 << 20)
	slow, other := audit.MemberOf("slow", "one", audit.RoleEditor).Caller(), audit.MemberOf("other", "two", audit.RoleEditor).Caller()
	taken := int64(0)
	for _, size := range []int64{maxBulkBody + 1, maxBulkBody + 1, 4 << 20, 1 << 20, 64 << 10} {
		for bodies.take(slow, size) {
			taken += size
		}
	}
	if taken < maxBulkBody || !bodies.take(other, maxBulkBody+1) {
		t.Errorf("one has taken %d bytes, and left no room for the largest body of another", taken)
	}
	bodies.give(slow, taken)
	bodies.give(other, maxBulkBody+1)
	if bodies.taken != 0 || len(bodies.by) != 0 {
		t.Errorf("when all is given back, %d bytes of %d callers are taken", bodies.taken, len(bodies.by))
	}
}
