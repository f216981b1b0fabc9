package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// wholeTime has all events of these tests.
func wholeTime() destination.TimeRange {
	return destination.TimeRange{From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour)}
}

func TestAReplayGoesOnAfterARestartAndHoldsBackNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	old := w.events("one", 0, 1_200) // before the destination was made
	w.events("two", 0, 10)
	d := w.destination("a", "")
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Delivering })
	first, held := make(chan struct{}), make(chan struct{})
	n := 0
	w.receiver.says(func(context.Context, []string) (Result, error) {
		if n++; n == 2 {
			close(first)
			<-held
		}
		return Result{}, nil
	})
	if _, err := w.delivery.Replay(t.Context(), d, wholeTime()); err != nil {
		t.Fatal(err)
	}
	<-first
	if _, err := w.delivery.Replay(t.Context(), d, wholeTime()); !isCode(err, audit.Conflict) {
		t.Errorf("a second replay: %v", err)
	}
	fresh := w.events("one", 2_000, 2_010)
	close(held)
	eventually(t, func() bool { return slices.Contains(w.receiver.taken(), fresh[9]) }, func() string { return "what is new does not come" })
	w.stop()
	w.start()
	w.becomes(d, func(h destination.Health) bool { return h.Replay != nil && !h.Replay.FinishedAt.IsZero() })
	got := map[string]bool{}
	for _, id := range w.receiver.taken() {
		got[id] = true
	}
	for _, id := range append(old, fresh...) {
		if !got[id] {
			t.Fatalf("%s is missing", id)
		}
	}
	if len(got) != len(old)+len(fresh) {
		t.Errorf("%d different events were sent", len(got))
	}
	for _, batch := range w.receiver.batches() {
		if len(batch) > replayBatch {
			t.Errorf("a batch of %d", len(batch))
		}
	}
	if _, err := w.delivery.Replay(t.Context(), d, wholeTime()); err != nil {
		t.Errorf("another one afterwards: %v", err)
	}
}

func TestADryRunCountsWhatWouldBeSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	w.events("one", 0, 700)
	w.events("two", 0, 10)
	d := w.parse("a", `,"filters":[{"filter_type":"name","value":"e1"}]`)
	report, err := w.delivery.DryRun(t.Context(), d, wholeTime())
	if err != nil || report.Events != 350 || report.Examined != 700 || !report.Complete || report.Bytes < 350*80 {
		t.Errorf("%+v, %v", report, err)
	}
	if len(w.receiver.batches()) != 0 {
		t.Error("something was sent")
	}
}

func TestATestSendsOneMarkedEventAndReportsWhatTheReceiverSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	d := w.parse("a", "")
	for name, test := range map[string]struct {
		result   Result
		err      error
		accepted bool
		message  string
	}{
		"taken":     {Result{Status: 200, Answer: "thanks"}, nil, true, "thanks"},
		"refused":   {Result{Status: 200, Refused: []Refusal{{0, "too old"}}}, nil, false, "refused: too old"},
		"wanted":    {Result{Retry: []int{0}}, nil, false, "the receiver wants it again later"},
		"failed":    {Result{}, &Failure{Reason: "no route", Status: 502}, false, "no route"},
		"a defect":  {Result{}, fmt.Errorf("password swordfish"), false, "internal error"},
		"not there": {Result{}, context.DeadlineExceeded, false, "the answer took too long"},
	} {
		w.receiver.says(func(context.Context, []string) (Result, error) { return test.result, test.err })
		report, err := w.delivery.Test(t.Context(), d)
		if err != nil || report.Accepted != test.accepted || report.Message != test.message || report.EventID == "" || report.Duration <= 0 {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
		if sent := w.receiver.batches(); !slices.Equal(sent[len(sent)-1], []string{report.EventID}) {
			t.Errorf("%s: %q was sent", name, sent[len(sent)-1])
		}
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

func TestAReplayDoesNotHastenWhatTheReceiverWantsLater(t *testing.T) {
	t.Parallel()
	const later = time.Second
	w := newWorld(t)
	w.start()
	d := w.destination("a", "")
	w.becomes(d, delivering)
	from := time.Now().Add(-time.Minute)
	w.receiver.gets(t, w.events("one", 0, 3)...)
	time.Sleep(2 * time.Millisecond)
	to := time.Now()
	var asked, again time.Time
	replayed := 0
	w.receiver.says(func(_ context.Context, batch []string) (Result, error) {
		switch {
		case len(batch) == 2: // the new ones
			asked = time.Now()
			return Result{Retry: []int{1}, After: later}, nil
		case batch[0] == "one-4":
			again = time.Now()
		default:
			if replayed++; replayed == 1 {
				return Result{}, &Failure{Reason: "not now"}
			}
		}
		return Result{}, nil
	})
	w.events("one", 3, 5)
	w.becomes(d, func(h destination.Health) bool { return h.Delivered == 4 })
	if _, err := w.delivery.Replay(t.Context(), d, destination.TimeRange{From: from, To: to}); err != nil {
		t.Fatal(err)
	}
	w.becomes(d, func(h destination.Health) bool { return h.Delivered == 5 && h.Replay != nil && h.Replay.Delivered == 3 })
	if waited := again.Sub(asked); waited < later {
		t.Errorf("what was wanted after %s was sent after %s", later, waited)
	}
}
