package delivery

import (
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/flow"
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
