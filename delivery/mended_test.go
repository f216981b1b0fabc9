package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/lease"
)

func delivering(h destination.Health) bool { return h.State == destination.Delivering }

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

func TestWhatWasPassedOverIsSavedWhenTheDeliveryStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	records := &counted{Rows: w.store}
	w.start(func(o *Options) { o.Records = records })
	d := w.destination("a", `,"filters":[{"filter_type":"name","value":"nobody"}]`)
	w.becomes(d, delivering)
	w.events("one", 0, 10)
	records.passes(w, d, 10)
	w.stop()
	if saved, err := w.delivery.stateOf(t.Context(), keyOf(d)); err != nil || saved.Skipped != 10 {
		t.Errorf("%+v, %v", saved, err)
	}
}

// After a position was lost, what is older than the destination is left out, but only
// until all that was stored has been read.
func TestAnOldEventThatComesLateIsSentAlsoAfterAPositionWasLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.events("one", 0, 3)
	time.Sleep(2 * time.Millisecond)
	d := w.destination("a", "")
	held, err := lease.New(w.store, lease.Options{}).TryAcquire(t.Context(), keyOf(d).lease())
	if err != nil {
		t.Fatal(err)
	}
	lost, err := (&state{Content: destination.ContentRecords, Position: "s1_another_7"}).encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := held.Save(t.Context(), lost); err != nil {
		t.Fatal(err)
	}
	ids := w.events("one", 3, 5)
	w.start()
	w.receiver.gets(t, ids...)
	w.becomes(d, func(h destination.Health) bool { return h.LagEvents == 0 })
	late, err := audit.DecodeEvent([]byte(`{"unique_id":"late","create_time":"2020-01-02T03:04:05Z","event":{"time":"2020-01-02T03:04:05Z","org_id":"one"}}`), "one")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.Append(t.Context(), []*audit.Record{late}); err != nil {
		t.Fatal(err)
	}
	w.receiver.gets(t, append(ids, "late")...)
	if strings.Contains(strings.Join(w.receiver.taken(), " "), before[0]) {
		t.Error("what was there before the destination was sent")
	}
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

// touchy is an encoder that one event makes panic.
type touchy struct{ plain }

func (touchy) Filterable(r *audit.Record) []byte {
	if r.UniqueID == "one-1" {
		panic("a defect")
	}
	return r.Event()
}

func TestAnEventThatFiltersCannotBearStopsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(func(o *Options) {
		o.NewEncoder = func(destination.Destination) (Encoder, error) { return touchy{}, nil }
	})
	d := w.destination("a", `,"filters":[{"filter_type":"org_id","value":"one"}]`)
	w.becomes(d, delivering)
	ids := w.events("one", 0, 3)
	w.receiver.gets(t, ids[0], ids[2])
	w.becomes(d, func(h destination.Health) bool { return h.DeadLetters == 1 })
}

// What receivers say needs up to six bytes a character.
func TestDeadLettersFitHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	d := w.destination("a", "")
	w.becomes(d, delivering)
	w.receiver.says(func(_ context.Context, batch []string) (result Result, _ error) {
		for i := range batch {
			result.Refused = append(result.Refused, Refusal{i, strings.Repeat("<", maxReason)})
		}
		return result, nil
	})
	w.events("one", 0, 500)
	w.becomes(d, func(h destination.Health) bool { return h.DeadLetters == 500 && h.LagEvents == 0 })
}

// lines is a log of a test.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(text)
}

func (l *lines) count(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), part)
}

func TestTheLogSaysOnceThatAReceiverFailsNowAndThen(t *testing.T) {
	t.Parallel()
	w, log := newWorld(t), &lines{}
	w.log = slog.New(slog.NewTextHandler(log, nil))
	w.start()
	d := w.destination("a", `,"max_events_per_transaction":1`)
	w.becomes(d, delivering)
	n := 0
	w.receiver.says(func(context.Context, []string) (Result, error) {
		if n++; n%2 == 1 {
			return Result{}, &Failure{Reason: "not now"}
		}
		return Result{}, nil
	})
	w.receiver.gets(t, w.events("one", 0, 10)...)
	if said := log.count("does not take events"); said != 1 {
		t.Errorf("it was said %d times", said)
	}
}

// An old event that the receiver cannot take holds back neither new ones, nor is it
// sent again and again while they are taken.
func TestAReplayThatFailsIsTriedLessAndLess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	w.events("one", 0, 1)
	d := w.destination("a", `,"max_events_per_transaction":1`)
	w.becomes(d, delivering)
	var tried atomic.Int64
	w.receiver.says(func(_ context.Context, ids []string) (Result, error) {
		if ids[0] == "one-0" {
			tried.Add(1)
			return Result{}, errors.New("cannot be taken")
		}
		return Result{}, nil
	})
	if _, err := w.delivery.Replay(t.Context(), d, wholeTime()); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return tried.Load() > 0 }, func() string { return "the replay does not begin" })
	began := time.Now()
	w.receiver.gets(t, w.events("one", 10, 410)...)
	took := time.Since(began)
	most := int64(3) // with pauses from 27 ms on that double, so many fit
	for pause := 27 * time.Millisecond; pause < took; pause *= 2 {
		most++
	}
	if n := tried.Load(); n > most {
		t.Errorf("it was tried %d times in %s, of which %d are fair", n, took, most)
	}
}

// Of two processes the one that does not deliver deletes: when that is answered, what
// was being sent has ended.
func TestWhatIsDeletedThroughAnotherProcessIsSentNoMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(shared, func(o *Options) { o.Poll = time.Second }) // as it is unless told
	d := w.destination("a", "")
	w.becomes(d, delivering)
	begun, ended := make(chan struct{}, 1), make(chan time.Time, 1)
	w.receiver.says(func(ctx context.Context, _ []string) (Result, error) {
		begun <- struct{}{}
		<-ctx.Done()
		ended <- time.Now()
		return Result{}, ctx.Err()
	})
	others := w.newDestinations()
	w.process(others, newReceiver(), shared, func(o *Options) { o.Poll = time.Second })
	w.events("one", 0, 3)
	<-begun
	began := time.Now()
	if err := others.Delete(t.Context(), audit.Orgs("one"), d.ID); err != nil {
		t.Fatal(err)
	}
	answered := time.Now()
	select {
	case at := <-ended:
		t.Logf("it ended after %s, and was answered after %s", at.Sub(began), answered.Sub(began))
	default:
		t.Error("it is being sent still")
	}
	sent := len(w.receiver.batches())
	w.events("one", 3, 6)
	time.Sleep(100 * time.Millisecond)
	if n := len(w.receiver.batches()); n != sent {
		t.Errorf("%d batches were sent afterwards", n-sent)
	}
	eventually(t, func() bool {
		left, err := w.store.List(t.Context(), audit.EntryQuery{Kind: leaseKind, Scope: audit.AllOrgs(), Limit: 10})
		return err == nil && len(left) == 0
	}, func() string { return "what is remembered stays" })
}

// That a lease goes with its destination is no other process taking over.
func TestTheLogDoesNotSayThatAnotherTookOverWhatWasDeleted(t *testing.T) {
	t.Parallel()
	w, log := newWorld(t), &lines{}
	w.log = slog.New(slog.NewTextHandler(log, nil))
	w.start(shared, func(o *Options) { o.Poll = time.Hour })
	d := w.destination("a", "")
	w.becomes(d, delivering)
	if err := w.delivery.purge(t.Context(), keyOf(d)); err != nil { // as another process does
		t.Fatal(err)
	}
	if err := w.newDestinations().Delete(t.Context(), audit.Orgs("one"), d.ID); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return len(w.delivery.present()) == 0 }, func() string {
		return fmt.Sprintf("%d workers are left", len(w.delivery.present()))
	})
	if said := log.count("taken over"); said > 0 {
		t.Error("it says that another process has taken over")
	}
	if left, err := w.store.List(t.Context(), audit.EntryQuery{Kind: leaseKind, Scope: audit.AllOrgs(), Limit: 10}); err != nil || len(left) > 0 {
		t.Errorf("%d leases are there again, %v", len(left), err)
	}
}
