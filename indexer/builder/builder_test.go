package builder_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/indexer/builder"
	"github.com/authtrail/authtrail/store/sqlite"
)

const idle = 15 * time.Minute

// sampleRecords decodes the sample's events, repeats included.
var sampleRecords = sync.OnceValues(func() ([]*audit.Record, error) {
	file, err := os.Open("../../testdata/sample-events.ndjson")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var records []*audit.Record
	for lines := bufio.NewScanner(file); lines.Scan(); {
		r, err := audit.DecodeEvent(lines.Bytes(), "")
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
})

func sample(tb testing.TB) []*audit.Record {
	tb.Helper()
	records, err := sampleRecords()
	if err != nil {
		tb.Fatal(err)
	}
	return records
}

// world is the stores that a builder works on.
type world struct {
	tb     testing.TB
	events *sqlite.Store
	flows  audit.FlowStore
	log    *lines
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	events, err := sqlite.Open(tb.Context(), sqlite.Options{Dir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = events.Close() })
	flows, err := sqlite.Open(tb.Context(), sqlite.Options{Dir: tb.TempDir(), Format: flow.Format()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = flows.Close() })
	return &world{tb, events, flows, &lines{}}
}

func (w *world) options() builder.Options {
	return builder.Options{Records: w.events, Flows: w.flows, Idle: idle, Alone: true,
		Logger: slog.New(slog.NewTextHandler(w.log, nil))}
}

// lines is a log that a test reads.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (w *world) append(records ...*audit.Record) {
	w.tb.Helper()
	for some := range slices.Chunk(records, 1_000) {
		if _, err := w.events.Append(w.tb.Context(), some); err != nil {
			w.tb.Fatal(err)
		}
	}
}

// run runs a builder until it is stopped, or the test ends.
func (w *world) run(options builder.Options) (*builder.Builder, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	b := builder.New(options)
	var running sync.WaitGroup
	running.Go(func() { b.Run(ctx) })
	stop := sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	w.tb.Cleanup(stop)
	w.eventually("the builder works", func() bool { return b.Stats().Working })
	return b, stop
}

func (w *world) catchUp(b *builder.Builder) {
	w.tb.Helper()
	began := time.Now()
	if err := b.CatchUp(w.tb.Context(), time.Minute); err != nil {
		w.tb.Fatal(err)
	}
	if time.Since(began) > 50*time.Second {
		w.tb.Fatalf("the builder has not caught up:\n%s", w.log)
	}
}

func (w *world) eventually(what string, holds func() bool) {
	w.tb.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.tb.Fatalf("did not come true: %s\n%s", what, w.log)
		}
	}
}

// stored returns the stored flows, told in full but for their revisions.
func (w *world) stored() map[audit.Key]string {
	w.tb.Helper()
	told := map[audit.Key]string{}
	for _, row := range w.rows() {
		state, err := flow.StateOf(row)
		if err != nil {
			w.tb.Fatal(err)
		}
		told[row.Key()] = tell(state.Stitched)
	}
	return told
}

func (w *world) rows() []*audit.Record {
	w.tb.Helper()
	q := audit.Query{Scope: audit.AllOrgs(), Kinds: []audit.Kind{audit.KindFlow}, Window: audit.Window{Limit: audit.MaxPageSize}}
	var rows []*audit.Record
	for {
		page, err := w.flows.Search(w.tb.Context(), q)
		if err != nil {
			w.tb.Fatal(err)
		}
		rows = append(rows, page.Records()...)
		if !page.HasNext {
			return rows
		}
		after := q.CursorAt(page.Hits[len(page.Hits)-1])
		q.Window.After = &after
	}
}

// tell says all of a stitched flow.
func tell(s *flow.Stitched) string {
	var b strings.Builder
	fmt.Fprint(&b, s.Org, " ", s.Key, " ", s.Truncated, " ", s.Conflicts)
	for _, link := range s.Links {
		fmt.Fprint(&b, " ", link.Record.UniqueID, link.Via, link.Strength, len(link.Record.Raw))
	}
	return b.String()
}

// requireFlowsOf requires that exactly the flows of the records are stored.
func (w *world) requireFlowsOf(records []*audit.Record) {
	w.tb.Helper()
	want := map[audit.Key]string{}
	for _, s := range flow.StitchAll(records, flow.Rules{Idle: idle}) {
		want[audit.Key{Org: s.Org, UniqueID: s.ID()}] = tell(s)
	}
	w.requireFlows(want)
}

func (w *world) requireFlows(want map[audit.Key]string) {
	w.tb.Helper()
	got := w.stored()
	if len(got) != len(want) {
		w.tb.Errorf("%d flows are stored, want %d", len(got), len(want))
	}
	wrong := 0
	for key, told := range want {
		if got[key] != told {
			if wrong++; wrong <= 3 {
				w.tb.Errorf("flow %s is\n%s\nwant\n%s", key.UniqueID, got[key], told)
			}
		}
	}
	if wrong > 0 {
		w.tb.Errorf("%d flows are wrong\n%s", wrong, w.log)
	}
}

func TestTheSampleComesToTheFlowsOfAllItsRecords(t *testing.T) {
	t.Parallel()
	records := sample(t)
	for _, batch := range []int{25, 400, 4_000} {
		t.Run(fmt.Sprint("in batches of ", batch), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.append(records...)
			options := w.options()
			options.Batch = batch
			b, stop := w.run(options)
			w.catchUp(b)
			stop()
			w.requireFlowsOf(records)
			requireTruth(t, w.rows())
		})
	}
}

// truth is a line of the sample's truth.
type truth struct {
	Org       string   `json:"org_id"`
	RequestID string   `json:"request_id"`
	Records   []string `json:"records"`
	Outcome   string   `json:"outcome"`
}

func requireTruth(t *testing.T, rows []*audit.Record) {
	t.Helper()
	flows := map[audit.Key]*audit.Flow{}
	view := flow.NewView(nil, time.Now, idle, flow.Options{})
	for _, row := range rows {
		f := view.Flow(row)
		flows[audit.Key{Org: f.Org, UniqueID: f.RequestID}] = f
	}
	text, err := os.ReadFile("../../testdata/sample-truth.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	attempts, held, outcomes := 0, 0, 0
	for line := range strings.Lines(string(text)) {
		var want truth
		if err := json.Unmarshal([]byte(line), &want); err != nil {
			t.Fatal(err)
		}
		attempts++
		f := flows[audit.Key{Org: want.Org, UniqueID: want.RequestID}]
		if f == nil {
			t.Errorf("%s has no flow", want.RequestID)
			continue
		}
		if string(f.Outcome) == want.Outcome {
			outcomes++
		}
		for _, r := range f.Records {
			if slices.Contains(want.Records, r.UniqueID) {
				held++
			}
		}
	}
	if attempts != 600 || outcomes != 600 || held != 2_954 || len(rows) != 600 {
		t.Errorf("of %d attempts %d outcomes are right, %d records are where they belong, %d flows are stored", attempts, outcomes, held, len(rows))
	}
}
