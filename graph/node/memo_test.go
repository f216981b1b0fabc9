package node

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestSiblingsLoadOnce(t *testing.T) {
	t.Parallel()
	var m memo
	var loads atomic.Int32
	var siblings sync.WaitGroup
	for range 50 {
		siblings.Go(func() {
			for _, key := range []any{"a", "b", 1} {
				got, err := once(&m, key, func() (int32, error) { return loads.Add(1), nil })
				if again, _ := once(&m, key, func() (int32, error) { return -1, nil }); err != nil || again != got {
					t.Errorf("%v is %d, then %d: %v", key, got, again, err)
				}
			}
		})
	}
	siblings.Wait()
	if loads.Load() != 3 {
		t.Errorf("loaded %d times, want once for each of 3 keys", loads.Load())
	}
}

func TestADefectInOneSiblingReachesAll(t *testing.T) {
	t.Parallel()
	var m memo
	for range 2 {
		func() {
			defer func() {
				if reason := recover(); reason != "defect" {
					t.Errorf("recovered %v", reason)
				}
			}()
			_, _ = once(&m, "a", func() (int, error) { panic("defect") })
		}()
	}
}
