package delivery

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/lease"
)

func TestOfABatchThatWasTakenInPartOnlyTheRestIsSentAfterARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	d := w.destination("a", "")
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Delivering })
	w.stop()
	ids := w.events("one", 0, 5)
	w.receiver.says(func(context.Context, []string) (Result, error) {
		return Result{Retry: []int{1, 3}, After: 300 * time.Millisecond}, nil
	})
	w.start()
	w.receiver.gets(t, ids[0], ids[2], ids[4])
	asked := time.Now()
	w.becomes(d, func(h destination.Health) bool { return h.Delivered == 3 })
	w.stop()
	w.receiver.says(nil)
	ids = append(ids, w.events("one", 5, 7)...)
	w.start()
	w.receiver.gets(t, ids[0], ids[2], ids[4], ids[1], ids[3], ids[5], ids[6])
	if waited := time.Since(asked); waited < 250*time.Millisecond {
		t.Errorf("it was sent again after %s", waited)
	}
}

func TestManyDeadLettersAreCountedAndTheLatestAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	d := w.destination("a", "")
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Delivering })
	w.receiver.says(func(_ context.Context, batch []string) (Result, error) {
		var result Result
		for i := range batch {
			result.Refused = append(result.Refused, Refusal{i, "no"})
		}
		return result, nil
	})
	const n = keptLetters + 2_500
	ids := w.events("one", 0, n)
	w.becomes(d, func(h destination.Health) bool { return h.DeadLetters == n && h.LagEvents == 0 })
	var found []destination.DeadLetter
	for before := ""; ; before = found[len(found)-1].ID {
		page, err := w.delivery.DeadLetters(t.Context(), d, before, 1_700)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		found = append(found, page...)
	}
	if len(found) < keptLetters || len(found) > keptLetters+2_000 {
		t.Fatalf("%d dead letters are kept", len(found))
	}
	for i, l := range found {
		if l.Key.UniqueID != ids[n-1-i] {
			t.Fatalf("dead letter %d is %s, want %s", i, l.Key.UniqueID, ids[n-1-i])
		}
	}
	if err := w.destinations.Delete(t.Context(), audit.Orgs("one"), d.ID); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		left, err := w.store.List(t.Context(), audit.EntryQuery{Kind: letterKind, Scope: audit.AllOrgs(), Limit: 1})
		return err == nil && len(left) == 0
	}, func() string { return "dead letters stay when their destination is gone" })
}

func TestAPositionThatMeansNothingLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.events("one", 0, 3) // before there was a destination
	time.Sleep(2 * time.Millisecond)
	d := w.destination("a", "")
	held, err := lease.New(w.store, lease.Options{}).TryAcquire(t.Context(), keyOf(d).lease())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(state{Content: destination.ContentRecords, Position: "s1_another_7", Delivered: 5})
	if err != nil {
		t.Fatal(err)
	}
	if err := held.Save(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	ids := w.events("one", 3, 6)
	w.start()
	w.receiver.gets(t, ids...)
	w.becomes(d, func(h destination.Health) bool { return h.Delivered == 8 })
}

func TestResumingOpensASenderAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.receiver.opening = &Failure{Reason: "no such key"}
	w.start()
	d := w.destination("a", "")
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Paused })
	w.receiver.mu.Lock()
	w.receiver.opening = nil
	w.receiver.mu.Unlock()
	ids := w.events("one", 0, 2)
	if err := w.delivery.Resume(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	w.receiver.gets(t, ids...)
}

func TestWhatIsLeftOfFormerDestinationsIsSweptAtTheStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kept := w.destination("a", "")
	for _, id := range []string{"former", kept.ID} {
		if _, err := w.store.Put(t.Context(), audit.Entry{EntryKey: key{"one", id}.wish(), Body: []byte(`{"resume":"x"}`)}); err != nil {
			t.Fatal(err)
		}
	}
	w.start()
	var left []string
	eventually(t, func() bool {
		entries, err := w.store.List(t.Context(), audit.EntryQuery{Kind: wishKind, Scope: audit.AllOrgs(), Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		left = nil
		for _, entry := range entries {
			left = append(left, entry.ID)
		}
		return slices.Equal(left, []string{kept.ID})
	}, func() string { return "left are " + left[0] })
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
