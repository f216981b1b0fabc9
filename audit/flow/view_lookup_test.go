package flow_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
)

// answers returns the flow that an id answers with, empty for none.
func answers(t *testing.T, view *flow.View, window audit.Window, ids ...string) []string {
	t.Helper()
	l := audit.Lookup{Scope: audit.AllOrgs(), Field: query.FlowID, Window: window}
	for _, id := range ids {
		l.Keys = append(l.Keys, audit.LookupKey{AnyOrg: true, Value: id})
	}
	pages, err := view.Lookup(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	found := make([]string, len(ids))
	for i, page := range pages {
		if len(page.Hits) > 1 {
			t.Errorf("%s answers with %s", ids[i], describe(page.Records()))
		}
		for _, row := range page.Records() {
			state, err := flow.StateOf(row)
			if err != nil {
				t.Fatal(err)
			}
			found[i] = fmt.Sprint(state.Stitched.Key.Via, " ", state.Stitched.Key.Value)
		}
	}
	return found
}

func idOf(via audit.LinkVia, value string) string {
	return flow.Key{Via: via, Value: value}.FlowID("org-1")
}

// manySessions returns attempts that each took in a record of one session; the record
// of the first one that began is not the earliest.
func manySessions(t *testing.T, n int) []*flow.Stitched {
	text := "z | 0s | request_id=first | session=s | trace_id=z\n zz | 3h | trace_id=zzz | session=s\n zzzz | 3h | request_id=first | trace_id=zzz\n"
	for i := range n {
		text += fmt.Sprintf("a%03d | %ds | request_id=q%03d\n b%03d | %ds | request_id=q%03d | trace_id=t%03d\n", i, i+10, i, i, 9000-i, i, i)
		text += fmt.Sprintf("c%03d | %ds | trace_id=t%03d | session=s\n", i, 9000-i, i)
	}
	return flow.StitchAll(rows(t, text), flow.Rules{Idle: idle}.Crowding(10_000))
}

func TestAnIDAnswersWithTheFlowThatHasItsRecordsNow(t *testing.T) {
	t.Parallel()
	held := stored(oddFlows(t))
	view := viewAt(held, afterSample)
	one := audit.Window{Limit: 1}
	for id, want := range map[string]string{
		idOf(audit.ViaRequest, "q"):      "REQUEST q",
		idOf(audit.ViaTrace, "t"):        "REQUEST q", // b was taken in
		idOf(audit.ViaRecord, "b"):       "REQUEST q",
		idOf(audit.ViaRecord, "d"):       "REQUEST q",
		idOf(audit.ViaSession, "s"):      "REQUEST q",
		idOf(audit.ViaSession, "alone"):  "SESSION alone",
		idOf(audit.ViaRecord, "i"):       "SESSION alone",
		idOf(audit.ViaRecord, "f"):       "RECORD f",
		idOf(audit.ViaTrace, "u"):        "RECORD f", // f and g were apart ever since they have two users; f is the earlier one
		idOf(audit.ViaRecord, "a"):       "",         // it names its attempt, and never stood alone
		idOf(audit.ViaRequest, "unseen"): "",
		"q":                              "",
	} {
		if got := answers(t, view, one, id)[0]; got != want {
			t.Errorf("%s answers with %q, want %q", id, got, want)
		}
	}
	held.trips = 0
	got := answers(t, view, one, idOf(audit.ViaTrace, "t"), idOf(audit.ViaRequest, "p"), "unseen")
	if got[0] != "REQUEST q" || got[1] != "REQUEST p" || got[2] != "" || held.trips != 2 {
		t.Errorf("%q in %d round trips", got, held.trips)
	}
}

func TestAnIDThatLedToManyFlowsAnswersWithThatOfTheEarliestRecord(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 19, 20, 21, 70} {
		held := stored(manySessions(t, n))
		want := fmt.Sprintf("REQUEST q%03d", n-1)
		if got := answers(t, viewAt(held, afterSample), audit.Window{Limit: 1}, idOf(audit.ViaSession, "s"))[0]; got != want {
			t.Errorf("of %d: %q, want %q", n, got, want)
		}
	}
}

func TestAFlowOfALookUpIsInItsWindowOrNot(t *testing.T) {
	t.Parallel()
	view := viewAt(stored(oddFlows(t)), afterSample)
	id := idOf(audit.ViaTrace, "t")
	day := func(days int) *audit.Cursor { return &audit.Cursor{Time: began.AddDate(0, 0, days)} }
	for name, c := range map[string]struct {
		window audit.Window
		found  bool
	}{
		"after an earlier place":  {audit.Window{Limit: 1, After: day(-1)}, false},
		"after a later place":     {audit.Window{Limit: 1, After: day(1)}, true},
		"before an earlier place": {audit.Window{Limit: 1, Before: day(-1)}, true},
		"before a later place":    {audit.Window{Limit: 1, Backward: true, Before: day(1)}, false},
	} {
		if got := answers(t, view, c.window, id)[0]; (got != "") != c.found {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestKeysOfSeveralFieldsAreLookedUpTogether(t *testing.T) {
	t.Parallel()
	view := viewAt(stored(oddFlows(t)), afterSample)
	pages, err := view.Lookup(t.Context(), audit.Lookup{Scope: audit.AllOrgs(), Field: query.FlowRecordID, Window: audit.Window{Limit: 5},
		Keys: []audit.LookupKey{{AnyOrg: true, Value: "d"}, {AnyOrg: true, Field: query.FlowID, Value: idOf(audit.ViaTrace, "t")},
			{Org: "org-1", Field: query.RequestID, Value: "p"}, {AnyOrg: true, Value: "no such record"}}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{idOf(audit.ViaRequest, "q"), idOf(audit.ViaRequest, "q"), idOf(audit.ViaRequest, "p"), ""} {
		if got := describe(pages[i].Records()); got != "["+want+"]" {
			t.Errorf("key %d: %s, want %s", i, got, want)
		}
	}
}

func TestAFlowHasItsOwnIDOnce(t *testing.T) {
	t.Parallel()
	for _, s := range oddFlows(t) {
		if f := s.Flow(afterSample, idle); slices.Contains(f.FormerIDs, f.ID) {
			t.Errorf("%s %s: %v", s.Key.Via, s.Key.Value, f.FormerIDs)
		}
	}
}
