package flow_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"pgregory.net/rapid"
)

// stitchedOf stitches rows that make one flow of an attempt named q.
func stitchedOf(t testing.TB, text string) *flow.Stitched {
	t.Helper()
	for _, s := range flow.StitchAll(rows(t, text), flow.Rules{Idle: idle}) {
		if s.RequestID() == "q" {
			return s
		}
	}
	t.Fatal("there is no such attempt")
	return nil
}

const beginning = `
	a | 0s | request_id=q | event_name=Authentication Request | result=InProgress
	b | 1s | request_id=q | event_name=MFA Challenge | result=Failure`

// told writes what a revision changed.
func changesTold(r audit.FlowRevision) string {
	var told []string
	for _, c := range r.Changes {
		one := c.Field
		if c.From != "" || c.To != "" {
			one += fmt.Sprintf(" %q>%q", c.From, c.To)
		}
		for _, id := range c.Came {
			one += " +" + id
		}
		for _, id := range c.Went {
			one += " -" + id
		}
		told = append(told, one)
	}
	return strings.Join(told, "; ")
}

func TestARevisionTellsWhatChanged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, after, want string }{
		"nothing": {beginning, beginning, ""},
		"a record came, and decided anew": {beginning, beginning + `
			c | 2s | request_id=q | event_name=Token | result=Success | user_id=ann | application_name=Wiki | upstream_idp=okta | upstream_user_id=ann@x`,
			`records +c; outcome "FAILED">"SUCCEEDED"; last_stage "MFA Challenge">"Token"; failed_stage "MFA Challenge">""; retries "0">"1"; ` +
				`user_id "">"ann"; upstream_user_id "">"ann@x"; application_name "">"Wiki"; upstream_idp "">"okta"`},
		"a record that says nothing new came": {beginning, beginning + `
			c | 0.5s | request_id=q`, `records +c`},
		"a record went": {`
			a | 0s | request_id=q | trace_id=t
			c | 1s | trace_id=t`, `
			a | 0s | request_id=q | trace_id=t
			c | 1s | trace_id=t | request_id=p`,
			`records -c; conflicts "">"trace_id=t"`},
		"a record is tied by another id": {`
			a | 0s | request_id=q | session=s | token_id=k
			c | 1s | session=s`, `
			a | 0s | request_id=q | session=s | token_id=k
			c | 1s | session=s | token_id=k`,
			`links "1 REQUEST, 1 SESSION">"1 REQUEST, 1 TOKEN"`},
	} {
		before, _ := flow.Revise(nil, stitchedOf(t, c.before), began, idle)
		after, changed := flow.Revise(&before, stitchedOf(t, c.after), began.Add(time.Second), idle)
		if changed != (c.want != "") {
			t.Errorf("%s: changed %t", name, changed)
		}
		if !changed {
			if !reflect.DeepEqual(after, before) {
				t.Errorf("%s: %v", name, after)
			}
			continue
		}
		if after.Revision != 2 || len(after.Revisions) != 2 || after.Closed {
			t.Errorf("%s: %+v", name, after)
		}
		if got := changesTold(after.Revisions[1]); got != c.want {
			t.Errorf("%s:\n\t%s, want\n\t%s", name, got, c.want)
		}
	}
}

func TestAFlowIsClosedOnceItIsIdle(t *testing.T) {
	t.Parallel()
	s := stitchedOf(t, beginning)
	ended := began.Add(time.Second)
	state, changed := flow.Revise(nil, s, ended, idle)
	if !changed || state.Closed || state.Revisions[0].Closing || state.Revision != 1 {
		t.Fatalf("the first revision: %+v", state)
	}
	if state, changed = flow.Revise(&state, s, ended.Add(idle), idle); changed {
		t.Fatalf("at the limit: %+v", state)
	}
	state, changed = flow.Revise(&state, s, ended.Add(idle+1), idle)
	if last := state.Revisions[len(state.Revisions)-1]; !changed || !state.Closed || !last.Closing || last.Number != 2 || last.Changes != nil {
		t.Fatalf("after the limit: %+v", state)
	}
	if again, changed := flow.Revise(&state, s, ended.Add(30*idle), idle); changed {
		t.Fatalf("long after: %+v", again)
	}
	late := stitchedOf(t, beginning+"\n c | 30m | request_id=q")
	if state, changed = flow.Revise(&state, late, began.Add(31*time.Minute), idle); !changed || state.Closed || state.Revisions[2].Closing {
		t.Fatalf("a record that goes on: %+v", state)
	}
	if state, changed = flow.Revise(&state, late, began.Add(50*time.Minute), idle); !changed || !state.Closed || state.Revision != 4 {
		t.Fatalf("idle again: %+v", state)
	}
	later := stitchedOf(t, beginning+"\n c | 30m | request_id=q\n d | 2s | request_id=q")
	if state, changed = flow.Revise(&state, later, began.Add(time.Hour), idle); !changed || !state.Closed || !state.Revisions[4].Closing {
		t.Fatalf("a record that comes late: %+v", state)
	}
}

func TestAFlowOfOldRecordsIsClosedAtOnce(t *testing.T) {
	t.Parallel()
	state, _ := flow.Revise(nil, stitchedOf(t, beginning), afterSample, idle)
	if !state.Closed || !state.Revisions[0].Closing || state.Revision != 1 {
		t.Errorf("%+v", state)
	}
}

func TestAFlowRemembersItsLatestRevisions(t *testing.T) {
	t.Parallel()
	for length, want := range map[int]int{1: audit.MaxFlowRevisions, 400: 5} {
		var before *flow.State
		var records []*audit.Record
		for i := range 24 {
			for n := range 40 {
				id := fmt.Sprintf("r%02d-%02d%s", i, n, strings.Repeat("x", length))
				records = append(records, record(t, id, time.Duration(i)*time.Second))
			}
			state, _ := flow.Revise(before, flow.StitchAll(records, flow.Rules{Idle: idle})[0], began, idle)
			before = &state
		}
		if n := len(before.Revisions); before.Revision != 24 || n != want || before.Revisions[n-1].Number != 24 {
			t.Errorf("unique_ids of %d bytes: %d revisions, %d of them remembered, want %d", length, before.Revision, n, want)
		}
	}
}

// What a flow comes to depends on its records and the clock, and its revisions do not matter.
func TestTheHistoryOfAFlowChangesNothingElse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		records := someWorld(t, rt)
		rules := someRules(rt)
		now := began.Add(time.Duration(rapid.IntRange(0, 400).Draw(rt, "now")) * time.Minute)
		view := viewAt(&rowsHeld{}, now)
		states := map[string]*flow.State{}
		for n := 1; n <= len(records); n++ {
			for _, s := range flow.StitchAll(records[:n], rules) {
				state, _ := flow.Revise(states[s.ID()], s, began.Add(time.Duration(n)*time.Minute), idle)
				states[s.ID()] = &state
			}
		}
		for _, s := range flow.StitchAll(records, rules) {
			state := *states[s.ID()]
			got := view.Flow(flow.NewRow(state))
			if got.Revision != state.Revision || got.Closed != state.Closed || !reflect.DeepEqual(got.Revisions, state.Revisions) {
				rt.Fatalf("%+v, want the revisions of %+v", got, state)
			}
			want := s.Flow(now, idle)
			got.Revision, got.Revisions, got.Closed = want.Revision, nil, false
			if !reflect.DeepEqual(got, want) {
				rt.Fatalf("%+v\nwant %+v", got, want)
			}
		}
	})
}

// BenchmarkRevisingAFlow adds the last record of a flow of five, and makes the row.
func BenchmarkRevisingAFlow(b *testing.B) {
	after, err := flow.StateOf(typicalRow(b))
	if err != nil {
		b.Fatal(err)
	}
	less := *after.Stitched
	less.Links = less.Links[:4]
	first, _ := flow.Revise(nil, &less, began, idle)
	before := flow.NewRow(first).Stored()
	b.ReportAllocs()
	for b.Loop() {
		state, err := flow.StateOf(flow.Format().Restore(before))
		if err != nil {
			b.Fatal(err)
		}
		next, _ := flow.Revise(&state, after.Stitched, began, idle)
		flow.NewRow(next)
	}
}
