package rest

import (
	"sync"

	"github.com/authtrail/authtrail/audit"
)

// memory bounds what all bodies take together, and what those of one caller take:
// slow ones must leave room for the largest of somebody else's.
type memory struct {
	size, share int64

	mu    sync.Mutex
	taken int64
	by    map[audit.Caller]int64 // of those who have taken any
}

func newMemory(size int64) *memory {
	return &memory{size: size, share: max(size/2, size-maxBulkBody-1), by: map[audit.Caller]int64{}}
}

// take takes memory for a body of a caller, unless there is not enough.
func (m *memory) take(caller audit.Caller, bytes int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.taken+bytes > m.size || m.by[caller]+bytes > m.share {
		return false
	}
	m.taken += bytes
	m.by[caller] += bytes
	return true
}

func (m *memory) give(caller audit.Caller, bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.taken -= bytes
	if m.by[caller] -= bytes; m.by[caller] == 0 {
		delete(m.by, caller)
	}
}
