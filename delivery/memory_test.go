package delivery

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// Many times as many events wait as fit in the memory that is taken. It runs alone, as
// other tests take memory.
func TestWhatWaitsForReceiversThatAreDownTakesNoMemory(t *testing.T) {
	w := newWorld(t)
	w.start()
	var down []destination.Destination
	for i := range 3 {
		down = append(down, w.destination(fmt.Sprint("down ", i), ""))
		w.becomes(down[i], delivering)
	}
	w.receiver.says(func(context.Context, []string) (Result, error) { return Result{}, &Failure{Reason: "down"} })

	const size, some, rounds = 8 << 10, 500, 24 // 4 MiB at once, and 96 in all
	stored := 0
	store := func() {
		var batch []*audit.Record
		for range some {
			batch = append(batch, record(t, "one", fmt.Sprint("event-", stored), `"note":"`+strings.Repeat("x", size)+`"`))
			stored++
		}
		if _, err := w.store.Append(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	inUse := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for range 4 { // so that batches and the store's own memory are full
		store()
	}
	for _, d := range down {
		w.becomes(d, func(h destination.Health) bool {
			return h.State == destination.Retrying && h.LagEvents == int64(stored)
		})
	}
	before, most := inUse(), uint64(0)
	for range rounds - 4 {
		store()
		most = max(most, inUse())
	}
	t.Logf("%d MiB before, and %d at most while %d more waited", before>>20, most>>20, (rounds-4)*some*size>>20)
	if grown := int64(most) - int64(before); grown > 24<<20 {
		t.Errorf("the heap has grown by %d MiB", grown>>20)
	}
	w.receiver.says(nil)
	for _, d := range down {
		if err := w.delivery.Resume(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		w.becomes(d, func(h destination.Health) bool { return h.Delivered == int64(stored) })
	}
}

// Nor does what cannot be written wait without a bound for who cannot be told of it.
func TestWhatCannotBeWrittenWaitsWithinABound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	d := w.parse("a", "")
	at, err := w.store.End(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var bad []*audit.Record
	for i := range 3 * maxBuried {
		bad = append(bad, record(t, "one", fmt.Sprint("bad-", i), `"name":"unwritable"`))
	}
	if _, err := w.store.Append(t.Context(), bad); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond) // nobody takes them
	defer cancel()
	l := &live{packer: w.delivery.packer(d, plain{}), feed: w.store, at: at, out: make(chan *batch), reading: &atomic.Pointer[time.Time]{}, batch: &batch{}}
	for range 3 {
		_ = l.step(ctx)
		if n := len(l.batch.letters); n > maxBuried {
			t.Fatalf("%d letters wait", n)
		}
	}
}
