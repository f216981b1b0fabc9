package builder_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/lease"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/indexer/builder"
)

// troubled is a store of flows in which things go wrong.
type troubled struct {
	audit.FlowStore
	before func(changes []audit.Replacement) error
	after  func() error
}

func (t troubled) Replace(ctx context.Context, changes []audit.Replacement) error {
	if err := t.before(changes); err != nil {
		return err
	}
	if err := t.FlowStore.Replace(ctx, changes); err != nil {
		return err
	}
	return t.after()
}

// distant is a store of records that cannot always be reached.
type distant struct {
	builder.Records
	reach func() error
}

func (d distant) Since(ctx context.Context, after audit.Position, limit int) (audit.FeedBatch, error) {
	if err := d.reach(); err != nil {
		return audit.FeedBatch{}, err
	}
	return d.Records.Since(ctx, after, limit)
}

func (d distant) Lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	if err := d.reach(); err != nil {
		return nil, err
	}
	return d.Records.Lookup(ctx, l)
}

// often fails one call of a few, the first ones too, until it has failed ten times.
func often() func() error {
	var mu sync.Mutex
	failed, random := 0, rand.New(rand.NewPCG(1, 2))
	return func() error {
		mu.Lock()
		defer mu.Unlock()
		if failed == 10 || failed > 0 && random.IntN(3) > 0 {
			return nil
		}
		failed++
		return &audit.Error{Code: audit.Unavailable, Message: "out of order"}
	}
}

func never() error { return nil }

func TestWhatFailsIsRepeatedAndNothingIsLost(t *testing.T) {
	t.Parallel()
	records := tangle(t, rand.New(rand.NewPCG(3, 3)), 300)
	for name, trouble := range map[string]func(*builder.Options){
		"the records cannot be read": func(o *builder.Options) { o.Records = distant{o.Records, often()} },
		"the flows cannot be stored": func(o *builder.Options) {
			fail := often()
			o.Flows = troubled{o.Flows, func([]audit.Replacement) error { return fail() }, never}
		},
		"the flows are stored, but it is not said": func(o *builder.Options) {
			o.Flows = troubled{o.Flows, func([]audit.Replacement) error { return nil }, often()}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			options := w.options()
			options.Batch = 40
			trouble(&options)
			w.append(records[:150]...)
			b, stop := w.run(options)
			w.catchUp(b)
			stop()
			b, _ = w.run(options) // and now without knowing which ids are new
			w.append(records[150:]...)
			w.catchUp(b)
			w.requireFlowsOf(records)
			if !strings.Contains(w.log.String(), "out of order") {
				t.Errorf("it was not said:\n%s", w.log)
			}
		})
	}
}

// Two builders that both take themselves for the only one do no harm.
func TestBuildersThatMeetAgreeOnTheFlows(t *testing.T) {
	t.Parallel()
	records := tangle(t, rand.New(rand.NewPCG(4, 4)), 400)
	w, other := newWorld(t), newWorld(t)
	var builders []*builder.Builder
	for _, registry := range []audit.Registry{w.flows, other.flows} {
		options := w.options()
		options.Batch, options.Flows = 25, elsewhere{w.flows, registry}
		b, _ := w.run(options)
		builders = append(builders, b)
	}
	for some := range slices.Chunk(records, 30) {
		w.append(some...)
	}
	for _, b := range builders {
		w.catchUp(b)
	}
	w.requireFlowsOf(records)
	if n := builders[0].Stats().Conflicts + builders[1].Stats().Conflicts; n == 0 {
		t.Error("they have not met")
	}
}

// elsewhere is a store of flows whose leases are held elsewhere.
type elsewhere struct {
	audit.FlowStore
	registry audit.Registry
}

func (e elsewhere) Get(ctx context.Context, key audit.EntryKey) (audit.Entry, error) {
	return e.registry.Get(ctx, key)
}

func (e elsewhere) Put(ctx context.Context, entry audit.Entry) (audit.Version, error) {
	return e.registry.Put(ctx, entry)
}

func TestARecordThatBreaksSomethingIsNamedAndLeftOut(t *testing.T) {
	t.Parallel()
	records := tangle(t, rand.New(rand.NewPCG(5, 5)), 60)
	poison := record(t, "poison", noon, "org_id=org-9", "request_id=q-poison")
	w := newWorld(t)
	options := w.options()
	options.Flows = troubled{w.flows, func(changes []audit.Replacement) error {
		for _, c := range changes {
			if slices.Contains(c.Row.Values(query.FlowRecordID), "poison") {
				panic("it is poisonous")
			}
		}
		return nil
	}, never}
	w.append(slices.Concat(records[:30], []*audit.Record{poison}, records[30:])...)
	b, _ := w.run(options)
	w.catchUp(b)
	w.requireFlowsOf(records)
	if stats := b.Stats(); stats.Skipped != 1 || stats.Records != 61 {
		t.Errorf("%+v", stats)
	}
	for _, said := range []string{"unique_id=poison", "org=org-9", "it is poisonous", "faults_test.go"} {
		if !strings.Contains(w.log.String(), said) {
			t.Errorf("the log lacks %q:\n%s", said, w.log)
		}
	}
}

func TestASecondBuilderWaitsAndTakesOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	options := w.options()
	options.Alone, options.Lease = false, 300*time.Millisecond
	w.append(sample(t)[:100]...)
	first, stop := w.run(options)
	w.catchUp(first)
	ctx, cancel := context.WithCancel(t.Context())
	second := builder.New(options)
	var running sync.WaitGroup
	running.Go(func() { second.Run(ctx) })
	defer running.Wait()
	defer cancel()
	time.Sleep(2 * options.Lease) // long enough to take what is not kept
	if second.Stats().Working {
		t.Error("two builders are at work")
	}
	stop()
	w.eventually("the second one works", func() bool { return second.Stats().Working })
	w.append(sample(t)...)
	w.catchUp(second)
	w.requireFlowsOf(sample(t))
	if n := second.Stats().Records; n >= uint64(len(sample(t))) {
		t.Errorf("the second one has followed %d records", n)
	}
}

func TestABuilderWhoseLeaseIsTakenStopsAndSeeksItAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	options := w.options()
	options.Alone, options.Lease = false, 300*time.Millisecond
	b, _ := w.run(options)
	w.catchUp(b)
	held, err := lease.New(w.flows, lease.Options{Duration: options.Lease}).Seize(t.Context(), builder.LeaseKey)
	if err != nil {
		t.Fatal(err)
	}
	w.eventually("the builder stops", func() bool { return !b.Stats().Working })
	keeping, dead := context.WithCancel(t.Context())
	defer dead()
	go func() { _ = held.Keep(keeping) }()
	w.append(sample(t)...)
	time.Sleep(2 * options.Lease)
	if n := len(w.rows()); n != 0 || b.Stats().Working {
		t.Errorf("it works on: %d flows are stored", n)
	}
	dead()
	w.eventually("the builder works again", func() bool { return b.Stats().Working })
	w.catchUp(b)
	w.requireFlowsOf(sample(t))
}

func TestOtherRulesMakeTheFlowsAnew(t *testing.T) {
	t.Parallel()
	records := tangle(t, rand.New(rand.NewPCG(6, 6)), 200)
	w := newWorld(t)
	w.append(records...)
	options := w.options()
	options.Idle = 3 * time.Hour
	b, stop := w.run(options)
	w.catchUp(b)
	stop()
	revisions := w.revisions()
	b, _ = w.run(w.options())
	w.eventually("all records are followed again", func() bool { return b.Stats().Records >= uint64(len(records)) })
	w.catchUp(b)
	w.requireFlowsOf(records)
	same := 0
	for key, revision := range w.revisions() {
		if revisions[key] == revision {
			same++
		}
	}
	if same == 0 || same == len(revisions) {
		t.Errorf("of %d flows %d are as they were", len(revisions), same)
	}
}

// revisions returns the number of each flow's latest revision.
func (w *world) revisions() map[audit.Key]int {
	w.tb.Helper()
	numbers := map[audit.Key]int{}
	for _, row := range w.rows() {
		state, err := flow.StateOf(row)
		if err != nil {
			w.tb.Fatal(err)
		}
		numbers[row.Key()] = state.Revision
	}
	return numbers
}
