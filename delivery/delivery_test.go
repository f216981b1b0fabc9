package delivery

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

func TestEventsOfTheOrgComeInOrderFromWhenTheDestinationWasMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.events("one", 0, 3)
	w.start()
	d := w.destination("a", "")
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Delivering })
	want := w.events("one", 10, 13)
	w.events("two", 0, 5)
	want = append(want, w.events("one", 13, 15)...)
	w.receiver.gets(t, want...)
	w.becomes(d, func(h destination.Health) bool {
		return h.Delivered == 5 && h.LagEvents == 0 && h.LagSeconds == 0 && !h.LastSuccess.IsZero()
	})
}

func TestFiltersAndBatchesAreAsTheDestinationSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	d := w.destination("a", `,"max_events_per_transaction":2,"filters":[{"filter_type":"name","value":"e1"}]`)
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Delivering })
	ids := w.events("one", 0, 10)
	w.receiver.gets(t, ids[1], ids[3], ids[5], ids[7], ids[9])
	for _, batch := range w.receiver.batches() {
		if len(batch) > 2 {
			t.Errorf("a batch of %d", len(batch))
		}
	}
	w.becomes(d, func(h destination.Health) bool { return h.Skipped == 5 })
}

func TestWhatComesWhileNothingRunsIsDeliveredAfterTheStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	d := w.destination("a", "")
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Delivering })
	want := w.events("one", 0, 3)
	w.receiver.gets(t, want...)
	for round := 1; round < 4; round++ {
		w.stop()
		want = append(want, w.events("one", round*10, round*10+3)...)
		w.start()
		w.receiver.gets(t, want...)
	}
}

func TestAReceiverThatFailsGetsTheSameAgainInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	d := w.destination("a", "")
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Delivering })
	var first, second time.Time
	attempts := 0
	w.receiver.says(func(context.Context, []string) (Result, error) {
		attempts++
		switch attempts {
		case 1:
			first = time.Now()
			return Result{}, &Failure{Reason: "down"}
		case 2:
			second = time.Now()
			return Result{}, fmt.Errorf("with a secret")
		case 3:
			panic("a defect")
		}
		return Result{}, nil
	})
	w.receiver.gets(t, w.events("one", 0, 3)...)
	if pause := second.Sub(first); pause > 50*time.Millisecond+100*time.Millisecond { // what a busy machine adds
		t.Errorf("the first retry came after %s", pause)
	}
	w.becomes(d, func(h destination.Health) bool {
		return h.Retries == 3 && h.State == destination.Delivering && h.LastError == ""
	})
}

func TestTheFirstRetryComesWithinFiftyMillisecondsAndTheLastWithinFiveMinutes(t *testing.T) {
	t.Parallel()
	for range 100 {
		pauses := newBackoff(firstRetry, longestRetry)
		if first := pauses.NextBackOff(); first > 50*time.Millisecond || first < 20*time.Millisecond {
			t.Fatalf("the first pause is %s", first)
		}
		var last time.Duration
		for range 30 {
			if last = pauses.NextBackOff(); last > longestRetry+time.Second {
				t.Fatalf("a pause of %s", last)
			}
		}
		if last < longestRetry/3 {
			t.Fatalf("the last pause is %s", last)
		}
	}
}

func TestRefusedEventsBecomeDeadLettersAndRetriedOnesComeFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	d := w.destination("a", `,"max_events_per_transaction":4`)
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Delivering })
	w.receiver.says(func(_ context.Context, batch []string) (Result, error) {
		var result Result
		if len(batch) == 4 {
			result = Result{Refused: []Refusal{{Place: 0, Reason: "too old"}}, Retry: []int{3, 1}}
		}
		return result, nil
	})
	w.stop()
	ids := w.events("one", 0, 8)
	w.start()
	w.receiver.gets(t, ids[2], ids[3], ids[1], ids[6], ids[7], ids[5])
	w.becomes(d, func(h destination.Health) bool { return h.DeadLetters == 2 && h.Retries == 2 && h.Delivered == 6 })
	found, err := w.delivery.DeadLetters(t.Context(), d, "", 10)
	if err != nil || len(found) != 2 || found[0].Key.UniqueID != ids[4] || found[1].Key.UniqueID != ids[0] || found[0].Reason != "too old" || found[0].ID <= found[1].ID {
		t.Fatalf("dead letters: %+v, %v", found, err)
	}
	found, err = w.delivery.DeadLetters(t.Context(), d, found[0].ID, 10)
	if err != nil || len(found) != 1 || found[0].Key.UniqueID != ids[0] {
		t.Errorf("those before the latest: %+v, %v", found, err)
	}
}

func TestAnEventThatCannotBeWrittenIsADeadLetter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	d := w.destination("a", "")
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Delivering })
	if _, err := w.store.Append(t.Context(), []*audit.Record{record(t, "one", "bad", `"name":"unwritable"`), record(t, "one", "good", `"name":"x"`)}); err != nil {
		t.Fatal(err)
	}
	w.receiver.gets(t, "good")
	w.becomes(d, func(h destination.Health) bool { return h.DeadLetters == 1 })
}

func TestAReceiverIsLeftAloneForAsLongAsItAsks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	d := w.destination("a", "")
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Delivering })
	asked := time.Now()
	w.receiver.says(func(context.Context, []string) (Result, error) {
		return Result{}, &Failure{Reason: "busy", After: time.Hour, Status: 429}
	})
	ids := w.events("one", 0, 3)
	w.becomes(d, func(h destination.Health) bool {
		return h.State == destination.Retrying && h.NextAttempt.After(asked.Add(59*time.Minute)) && h.LastError == "busy" && h.LagEvents == 3
	})
	w.stop()
	w.receiver.says(nil)
	w.start() // which knows that it is to wait
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Retrying })
	if n := len(w.receiver.batches()); n != 1 {
		t.Errorf("%d attempts were made", n)
	}
	if err := w.delivery.Resume(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	w.receiver.gets(t, ids...)
}

func TestWhatIsGoneOrFailsForLongIsPausedUntilItIsResumedOrReplaced(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]*Failure{"gone": {Reason: "gone", Gone: true}, "for long": {Reason: "down"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.start(func(o *Options) { o.PauseAfter = 100 * time.Millisecond })
			d := w.destination("a", "")
			w.becomes(d, func(h destination.Health) bool { return h.State == destination.Delivering })
			fail := func(context.Context, []string) (Result, error) { return Result{}, failure }
			w.receiver.says(fail)
			ids := w.events("one", 0, 3)
			paused := func(h destination.Health) bool { return h.State == destination.Paused && !h.PausedSince.IsZero() }
			w.becomes(d, paused)
			w.stop()
			w.start(func(o *Options) { o.PauseAfter = 100 * time.Millisecond })
			w.becomes(d, paused)
			w.receiver.says(nil)
			if err := w.delivery.Resume(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			w.receiver.gets(t, ids...)
			w.receiver.says(fail)
			ids = append(ids, w.events("one", 3, 5)...)
			w.becomes(d, paused)
			w.receiver.says(nil)
			w.replace(d, func(d *destination.Destination) { d.Spec.Comment = "mended" })
			w.receiver.gets(t, ids...)
		})
	}
}

func TestASenderThatCannotBeOpenedPausesUntilTheDestinationIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.receiver.opening = &Failure{Reason: "no such key"}
	w.start()
	d := w.destination("a", "")
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Paused && h.LastError == "no such key" })
	ids := w.events("one", 0, 2)
	w.receiver.mu.Lock()
	w.receiver.opening = nil
	w.receiver.mu.Unlock()
	w.replace(d, func(d *destination.Destination) { d.Spec.Comment = "mended" })
	w.receiver.gets(t, ids...)
}

func TestNothingIsSentAnyMoreWhenADestinationIsGoneOrDisabled(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world, d destination.Destination){
		"deleted": func(w *world, d destination.Destination) {
			if err := w.destinations.Delete(w.Context(), audit.Orgs("one"), d.ID); err != nil {
				w.Fatal(err)
			}
		},
		"disabled": func(w *world, d destination.Destination) {
			w.replace(d, func(d *destination.Destination) { d.Spec.Enabled = false })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.start()
			d := w.destination("a", `,"max_events_per_transaction":1`)
			w.becomes(d, func(h destination.Health) bool { return h.State == destination.Delivering })
			w.events("one", 0, 200)
			eventually(t, func() bool { return len(w.receiver.taken()) > 3 }, func() string { return "nothing comes" })
			end(w, d)
			sent := len(w.receiver.batches())
			w.events("one", 200, 210)
			time.Sleep(100 * time.Millisecond)
			if later := len(w.receiver.batches()); later != sent {
				t.Errorf("%d batches were sent afterwards", later-sent)
			}
			if name == "deleted" {
				eventually(t, func() bool {
					entries, err := w.store.List(t.Context(), audit.EntryQuery{Kind: leaseKind, Scope: audit.AllOrgs(), Limit: 10})
					return err == nil && len(entries) == 0
				}, func() string { return "the checkpoint stays" })
			}
		})
	}
}

func TestAStuckDestinationHoldsBackNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	stuck := w.destination("stuck", "")
	w.becomes(stuck, func(h destination.Health) bool { return h.State == destination.Delivering })
	held := make(chan struct{})
	w.receiver.says(func(ctx context.Context, _ []string) (Result, error) {
		close(held)
		<-ctx.Done()
		return Result{}, ctx.Err()
	})
	ids := w.events("one", 0, 3)
	<-held
	w.receiver.says(nil)
	other := w.destination("other", "")
	w.becomes(other, func(h destination.Health) bool { return h.State == destination.Delivering })
	w.receiver.gets(t, w.events("one", 3, 5)...)
	w.replace(stuck, func(d *destination.Destination) { d.Spec.Comment = "moved" })
	eventually(t, func() bool { return slices.Contains(w.receiver.taken(), ids[0]) }, func() string { return "it is stuck" })
}
