package delivery

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

func TestTheLagIsSinceSomethingCameHoweverLongNothingDid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var passed atomic.Int64
	w.start(func(o *Options) { o.Now = func() time.Time { return time.Now().Add(time.Duration(passed.Load())) } })
	d := w.destination("a", "")
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Delivering })
	w.receiver.gets(t, w.events("one", 0, 1)...)
	w.becomes(d, func(h destination.Health) bool { return h.LagEvents == 0 })

	passed.Store(int64(time.Hour))
	arrived, answer := make(chan struct{}, 10), make(chan struct{})
	defer close(answer)
	w.receiver.says(func(context.Context, []string) (Result, error) {
		arrived <- struct{}{}
		<-answer
		return Result{}, nil
	})
	w.events("one", 1, 2)
	<-arrived
	if h := w.health(d); h.LagEvents != 1 || h.LagSeconds > 60 {
		t.Errorf("an event came this moment, and %d have been waiting for %v s", h.LagEvents, h.LagSeconds)
	}
	passed.Add(int64(time.Minute))
	if h := w.health(d); h.LagSeconds < 60 || h.LagSeconds > 120 {
		t.Errorf("an event came a minute ago, and has been waiting for %v s", h.LagSeconds)
	}
}

// counted counts what is read of a feed.
type counted struct {
	Rows
	read atomic.Int64
}

func (c *counted) Since(ctx context.Context, after audit.Position, limit int) (audit.FeedBatch, error) {
	fed, err := c.Rows.Since(ctx, after, limit)
	c.read.Add(int64(len(fed.Records)))
	return fed, err
}

// passes waits until a destination has nothing to do with so many rows any more.
func (c *counted) passes(w *world, d destination.Destination, rows int64) {
	w.Helper()
	eventually(w, func() bool {
		told, reading := w.delivery.toldOf(d)
		return c.read.Load() >= rows && told != nil && reading == nil
	}, func() string { return fmt.Sprintf("%d rows were read", c.read.Load()) })
}

// Something waits until it was taken, though nothing is left to be read.
func TestWhatWasReadAndNotTakenIsWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	d := w.parse("a", "")
	at, err := w.store.End(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.events("one", 0, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, reading := make(chan *batch), &atomic.Pointer[time.Time]{}
	reading.Store(&time.Time{})
	l := &live{packer: w.delivery.packer(d, plain{}), feed: w.store, at: at, out: out, reading: reading, batch: &batch{}}
	if err := l.step(ctx); err != nil { // nobody takes what it reads
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = l.step(ctx)
	}()
	if b := <-out; len(b.messages) != 1 {
		t.Fatalf("%d messages", len(b.messages))
	}
	time.Sleep(20 * time.Millisecond) // for the reader to go on, which it must not
	if reading.Load() == nil {
		t.Error("nothing waits, while the event is being sent")
	}
	if b := <-out; len(b.messages) != 0 || b.caughtUp.IsZero() {
		t.Errorf("%d messages, caught up %v", len(b.messages), b.caughtUp)
	}
	eventually(t, func() bool { return reading.Load() == nil }, func() string { return "something waits" })
	cancel()
	<-done
}

func TestNothingLagsWhereOnlyOthersHaveEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	records := &counted{Rows: w.store}
	w.start(func(o *Options) { o.Records = records })
	d := w.destination("a", "")
	w.becomes(d, delivering)
	w.events("two", 0, 10)
	records.passes(w, d, 10)
	if h := w.health(d); h.LagEvents != 0 || h.LagSeconds != 0 {
		t.Errorf("%d events lag, %v s", h.LagEvents, h.LagSeconds)
	}
}
