package delivery

import (
	"fmt"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/lease"
)

func TestEachClosedLoginFlowIsSentOnceInEachRevision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	d := w.destination("a", `,"delivery_settings":{"content":"login_flows"}`)
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Delivering })
	const idle = time.Minute
	now := time.Now()
	stitched := flow.StitchAll([]*audit.Record{record(t, "one", "r1", `"event_name":"Login","request_id":"q"`)}, flow.Rules{Idle: idle})
	open, _ := flow.Revise(nil, stitched[0], now, idle)
	put := func(s flow.State, was audit.Version) audit.Version {
		row := flow.NewRow(s)
		if err := w.flows.Replace(t.Context(), []audit.Replacement{{Row: row, Was: was}}); err != nil {
			t.Fatal(err)
		}
		page, err := w.flows.Search(t.Context(), audit.Query{Scope: audit.AllOrgs(), Kinds: []audit.Kind{audit.KindFlow}, Window: audit.Window{Limit: 1}})
		if err != nil || len(page.Hits) != 1 {
			t.Fatal(page, err)
		}
		return page.Hits[0].Record.Version
	}
	id, version := flow.NewRow(open).UniqueID, put(open, "")
	closed, _ := flow.Revise(&open, stitched[0], now.Add(time.Hour), idle)
	version = put(closed, version)
	w.receiver.gets(t, id+".2")
	more := flow.StitchAll([]*audit.Record{record(t, "one", "r1", `"event_name":"Login","request_id":"q"`), record(t, "one", "r2", `"event_name":"Token","request_id":"q"`)}, flow.Rules{Idle: idle})
	later, _ := flow.Revise(&closed, more[0], now.Add(2*time.Hour), idle)
	put(later, version)
	w.receiver.gets(t, id+".2", id+".3")
}

// A position in a feed of login flows is lost when they are made anew from nothing.
func TestALoginFlowThatWasClosedAfterTheDestinationWasMadeIsSentAlsoAfterAPositionWasLost(t *testing.T) {
	t.Parallel()
	const idle = time.Minute
	w := newWorld(t)
	step := func(id, request string, ago time.Duration) *audit.Record {
		at := time.Now().Add(-ago).UTC().Format(time.RFC3339Nano)
		r, err := audit.DecodeEvent(fmt.Appendf(nil, `{"unique_id":%q,"create_time":%q,"event":{"time":%q,"org_id":"one","event_name":"Login","request_id":%q}}`,
			id, at, at, request), "one")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	closed := func(steps ...*audit.Record) string {
		stitched := flow.StitchAll(steps, flow.Rules{Idle: idle})
		s, _ := flow.Revise(nil, stitched[0], time.Now().Add(time.Hour), idle)
		row := flow.NewRow(s)
		if err := w.flows.Replace(t.Context(), []audit.Replacement{{Row: row}}); err != nil {
			t.Fatal(err)
		}
		return row.UniqueID + ".1"
	}
	d := w.destination("a", `,"delivery_settings":{"content":"login_flows"}`)
	time.Sleep(2 * time.Millisecond)
	closed(step("b1", "before", 2*idle))
	open := closed(step("o1", "open still", idle/2))
	across := closed(step("a1", "across", 2*idle), step("a2", "across", 0))
	held, err := lease.New(w.store, lease.Options{}).TryAcquire(t.Context(), keyOf(d).lease())
	if err != nil {
		t.Fatal(err)
	}
	lost, err := (&state{Content: destination.ContentLoginFlows, Position: "s1_another_7"}).encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := held.Save(t.Context(), lost); err != nil {
		t.Fatal(err)
	}
	w.start(func(o *Options) { o.Idle = idle })
	w.receiver.gets(t, open, across)
}
