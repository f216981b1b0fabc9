package builder_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
)

// only returns the state of the one flow.
func (w *world) only() flow.State {
	w.tb.Helper()
	rows := w.rows()
	if len(rows) != 1 {
		w.tb.Fatalf("%d flows are stored\n%s", len(rows), w.log)
	}
	state, err := flow.StateOf(rows[0])
	if err != nil {
		w.tb.Fatal(err)
	}
	return state
}

// clock stands still at noon until it is moved.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return noon.Add(time.Duration(c.ahead.Load())) }

func TestAFlowIsClosedOnceNothingHappensAnyMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var stands clock
	options := w.options()
	options.Idle, options.Now = time.Millisecond, stands.now
	b, _ := w.run(options)
	w.append(record(t, "r1", noon, "request_id=q", "event_name=Authentication Request"))
	w.catchUp(b)
	if first := w.only(); first.Closed || first.Revision != 1 {
		t.Fatalf("it is %+v", first)
	}
	stands.ahead.Store(int64(time.Minute))
	w.eventually("the flow is closed", func() bool { return w.only().Closed })
	last := w.only()
	if n := len(last.Revisions); last.Revision != 2 || n != 2 || !last.Revisions[1].Closing || last.Revisions[0].Closing {
		t.Errorf("its revisions are %+v", last.Revisions)
	}
	w.eventually("it is counted", func() bool { return b.Stats().Closed == 1 })
}

func TestFlowsThatFellDueWhileNobodyWasAtWorkAreClosed(t *testing.T) {
	t.Parallel()
	const flows = audit.MaxPageSize + 1
	w := newWorld(t)
	b, stop := w.run(w.options())
	began := time.Now()
	var records []*audit.Record
	for i := range flows {
		records = append(records, record(t, fmt.Sprint("r", i), began.Add(time.Duration(i)*time.Millisecond), fmt.Sprint("request_id=q", i)))
	}
	w.append(records...)
	w.catchUp(b)
	stop()
	if closed := b.Stats().Closed; closed != 0 {
		t.Fatalf("%d flows were closed at once", closed)
	}
	options := w.options()
	options.Now = func() time.Time { return time.Now().Add(2 * idle) }
	b, _ = w.run(options)
	w.eventually("all are closed", func() bool { return b.Stats().Closed == flows })
	for request, n := range w.closings() {
		if n != 1 {
			t.Errorf("the flow of %s was closed %d times", request, n)
		}
	}
}

func TestAFlowThatGoesOnIsNotClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var stands clock
	options := w.options()
	options.Idle, options.Now = time.Millisecond, stands.now
	b, _ := w.run(options)
	w.append(record(t, "r1", noon, "request_id=q"))
	w.catchUp(b)
	w.append(record(t, "r2", noon.Add(time.Hour), "request_id=q"))
	w.append(record(t, "other", noon.Add(time.Second), "request_id=p")) // due after the first record was
	w.catchUp(b)
	stands.ahead.Store(int64(time.Minute))
	w.eventually("the other is closed", func() bool { return w.closings()["p"] == 1 })
	if n := w.closings()["q"]; n != 0 {
		t.Errorf("it was closed %d times", n)
	}
}

// closings counts the closing revisions of the flow of each request id.
func (w *world) closings() map[string]int {
	w.tb.Helper()
	counts := map[string]int{}
	for _, row := range w.rows() {
		state, err := flow.StateOf(row)
		if err != nil {
			w.tb.Fatal(err)
		}
		for _, revision := range state.Revisions {
			if revision.Closing {
				counts[state.Stitched.RequestID()]++
			}
		}
	}
	return counts
}

func TestFlowsOfOldRecordsAreClosedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.append(record(t, "r1", noon.AddDate(-1, 0, 0), "request_id=q"))
	b, _ := w.run(w.options())
	w.catchUp(b)
	if state := w.only(); !state.Closed || state.Revision != 1 || b.Stats().Closed != 1 {
		t.Errorf("it is %+v", state)
	}
	late := record(t, "r2", noon.AddDate(-1, 0, 0).Add(time.Second), "request_id=q")
	w.append(late)
	w.catchUp(b)
	state := w.only()
	if !state.Closed || state.Revision != 2 || len(state.Revisions[1].Changes) == 0 {
		t.Errorf("after a late record it is %+v", state)
	}
	w.append(late, record(t, "api", noon, "subsystem=api", "request_id=q"))
	w.catchUp(b)
	if again := w.only(); again.Revision != 2 {
		t.Errorf("what bears on nothing made revision %d", again.Revision)
	}
}
