package flow_test

import (
	"iter"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
)

// stitchedSample returns the flows of the sample.
func stitchedSample(t testing.TB) []*flow.Stitched {
	t.Helper()
	records, err := sampleRecords()
	if err != nil {
		t.Fatal(err)
	}
	return flow.StitchAll(records, flow.Rules{Idle: idle})
}

// newRow returns the row of a flow in its first state, as it is made and as a store gives it back.
func newRow(s *flow.Stitched) (made, stored *audit.Record) {
	state, _ := flow.Revise(nil, s, afterSample, idle)
	made = flow.NewRow(state)
	return made, flow.Format().Restore(made.Stored())
}

// oddFlows returns flows that the sample has no like of.
func oddFlows(t testing.TB) []*flow.Stitched {
	t.Helper()
	records := rows(t, `
		a | 0s      | request_id=q | trace_id=t | user_id=ann | event_name=MFA Challenge | result=Create | device=phone
		b | 1s      | trace_id=t | event_name=MFA Challenge | result=Failure | user_agent=x "y" \u0007
		c | 2s      | request_id=q | session=s | token_id=k | event_name=Token | result=Success
		d | 20h     | token_id=k | stage=Login | event=Denied
		e | 3s      | session=s | description=ärger
		f | 0s      | trace_id=u | user_id=ann
		g | 1s      | trace_id=u | user_id=bob
		h | 1h      | session=alone
		i | 1h1ns   | session=alone
		j | 2h      | request_id=p | session=s2 | event_name=Policy Evaluation | result=DoMfa
		l | 2h1s    | request_id=o | session=s2
		m | 2h2s    | session=s2`)
	return flow.StitchAll(records, flow.Rules{Idle: idle})
}

// oddRow returns the row of the odd flow with the most records, as a store gives it back.
func oddRow(t testing.TB) *audit.Record {
	t.Helper()
	for _, s := range oddFlows(t) {
		if s.RequestID() == "q" {
			_, row := newRow(s)
			return row
		}
	}
	t.Fatal("there is no such flow")
	return nil
}

func TestARowGivesBackTheFlow(t *testing.T) {
	t.Parallel()
	for _, s := range append(stitchedSample(t), oddFlows(t)...) {
		want, _ := flow.Revise(nil, s, afterSample, idle)
		made, stored := newRow(s)
		for _, row := range []*audit.Record{made, stored} {
			got, err := flow.StateOf(row)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("%v (%v)\nwant %v", got, err, want)
			}
		}
		if made.UniqueID != s.ID() || made.Org != s.Org || !made.Time.Equal(s.Links[0].Record.Time) || made.Kind != audit.KindFlow {
			t.Errorf("%s is the row %s of %s at %s", s.ID(), made.UniqueID, made.Org, made.Time)
		}
		if !reflect.DeepEqual(stored.Stored(), made.Stored()) {
			t.Errorf("%s is stored otherwise the second time", s.ID())
		}
	}
}

func TestTheDocumentOfARowIsThatOfItsFlow(t *testing.T) {
	t.Parallel()
	for _, s := range append(stitchedSample(t), oddFlows(t)...) {
		f := s.Flow(afterSample, idle)
		f.Closed = true
		want := flow.Document(f)
		made, stored := newRow(s)
		for _, row := range []*audit.Record{made, stored} {
			d := row.Document()
			for _, field := range flow.Format().Fields {
				expected := want.Values(field)
				switch {
				case field == query.UniqueID:
					expected = []string{s.ID()}
				case field == query.FlowOutcome && f.Outcome == audit.Abandoned:
					expected = []string{"UNDECIDED"}
				}
				if got := d.Values(field); !slices.Equal(got, expected) {
					t.Fatalf("%s: %q, want %q", field, got, expected)
				}
			}
			if !d.Time().Equal(want.Time()) || !samePairs(d.Strings(), want.Strings()) || !samePairs(d.Extra(), want.Extra()) {
				t.Fatalf("%s has other strings or another time", s.ID())
			}
		}
	}
}

func samePairs(a, b iter.Seq2[string, string]) bool { return slices.Equal(pairs(a), pairs(b)) }

func pairs(all iter.Seq2[string, string]) [][2]string {
	var list [][2]string
	for path, value := range all {
		list = append(list, [2]string{path, value})
	}
	return list
}

func TestAHeadKnowsTheFieldsThatTheFormatSays(t *testing.T) {
	t.Parallel()
	stored := oddRow(t)
	cut := stored.Stored()
	cut.Raw = cut.Raw[:flow.Format().Head(cut.Raw)]
	if got := flow.Format().Head(cut.Raw); got != len(cut.Raw) || len(cut.Raw) == len(stored.Raw) {
		t.Fatalf("the head has %d bytes, and %d by itself, of %d", len(cut.Raw), got, len(stored.Raw))
	}
	head := flow.Format().Restore(cut)
	for _, field := range flow.Format().Fields {
		want := stored.Values(field)
		if !slices.Contains(flow.Format().HeadFields, field) {
			want = nil
		}
		if got := head.Values(field); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
	if _, err := flow.StateOf(head); err == nil {
		t.Error("a head is taken for the whole flow")
	}
}

func TestADamagedRowIsAnError(t *testing.T) {
	t.Parallel()
	stored := oddRow(t)
	whole := stored.Stored()
	headEnd := flow.Format().Head(whole.Raw)
	for name, raw := range map[string]string{
		"empty":               "",
		"an event":            `{"unique_id":"a"}`,
		"another version":     "f2" + whole.Raw[2:],
		"cut in its head":     whole.Raw[:headEnd-3],
		"cut in its events":   whole.Raw[:len(whole.Raw)-3],
		"with something more": whole.Raw + " ",
		"without a length":    "f1 " + whole.Raw[6:],
		"of too many":         "f1 99999999 " + whole.Raw[6:],
	} {
		damaged := whole
		damaged.Raw = raw
		row := flow.Format().Restore(damaged)
		if _, err := flow.StateOf(row); err == nil {
			t.Errorf("%s: no error", name)
		}
		if row.Org != whole.Org || row.UniqueID != whole.UniqueID || !row.Time.Equal(whole.Time) {
			t.Errorf("%s: %+v", name, row)
		}
	}
}

func FuzzRestoringARow(f *testing.F) {
	for _, s := range oddFlows(f) {
		made, _ := newRow(s)
		f.Add(made.Raw)
	}
	f.Add("f1 3 0 0")
	f.Fuzz(func(t *testing.T, raw string) {
		row := flow.Format().Restore(audit.Stored{Kind: audit.KindFlow, Org: "org-1", UniqueID: "id", Time: began, Raw: raw})
		for _, field := range flow.Format().Fields {
			row.Values(field)
		}
		for range row.Document().Strings() {
			break
		}
		if head := flow.Format().Head(raw); head < 0 || head > len(raw) {
			t.Fatalf("the head ends at %d of %d", head, len(raw))
		}
		view := flow.NewView(nil, func() time.Time { return began }, idle, flow.Options{})
		if got := view.Flow(row); got.ID != "id" || got.Outcome == "" {
			t.Fatalf("%+v", got)
		}
		state, err := flow.StateOf(row)
		if err != nil {
			return
		}
		if again, err := flow.StateOf(flow.NewRow(state)); err != nil || len(again.Stitched.Links) != len(state.Stitched.Links) {
			t.Fatalf("written again: %v (%v), want %v", again, err, state)
		}
	})
}

func BenchmarkRestoringAHead(b *testing.B) {
	stored := typicalRow(b).Stored()
	stored.Raw = stored.Raw[:flow.Format().Head(stored.Raw)]
	b.ReportMetric(float64(len(stored.Raw)), "bytes")
	b.ReportAllocs()
	for b.Loop() {
		flow.Format().Restore(stored)
	}
}

// typicalRow is that of a sample flow with five records.
func typicalRow(b *testing.B) *audit.Record {
	for _, s := range stitchedSample(b) {
		if len(s.Links) == 5 {
			made, _ := newRow(s)
			return made
		}
	}
	b.Fatal("there is no such flow")
	return nil
}

func BenchmarkMakingARow(b *testing.B) {
	state, err := flow.StateOf(typicalRow(b))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		flow.NewRow(state)
	}
}

func TestARowIsReadByManyAtOnce(t *testing.T) {
	t.Parallel()
	row := oddRow(t)
	view := viewAt(&rowsHeld{}, afterSample)
	want := view.Flow(flow.Format().Restore(row.Stored())).Verdict.Text
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			if got := view.Flow(row).Verdict.Text; got != want || len(pairs(row.Document().Strings())) == 0 || len(row.Values(query.Result)) == 0 {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
	readers.Wait()
}
