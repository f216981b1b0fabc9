package flow_test

import (
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
)

func TestEveryRecordLeadsToItsFlow(t *testing.T) {
	t.Parallel()
	records, err := sampleRecords()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, truth := range sampleTruth(t) {
		for _, id := range truth.Records {
			want[id] = truth.RequestID + " " + truth.Outcome
		}
	}
	var lost []*audit.Record
	for _, r := range records {
		if !has(r, query.RequestID) && r.Kind == audit.KindAuth || r.Kind == audit.KindAPI && len(lost)%7 == 0 {
			lost = append(lost, r)
		}
	}
	store := countedStoreOf(t, records)
	var trips []int
	for _, some := range [][]*audit.Record{lost[:5], lost} {
		store.trips = 0
		flows, err := flow.FlowsOf(t.Context(), store, audit.AllOrgs(), flow.Rules{Idle: idle}, some, afterSample)
		if err != nil {
			t.Fatal(err)
		}
		trips = append(trips, store.trips)
		for i, r := range some {
			got := ""
			if f := flows[i]; f != nil {
				got = f.RequestID + " " + string(f.Outcome)
			}
			if got != want[r.UniqueID] {
				t.Errorf("%s leads to %q, want %q", r.UniqueID, got, want[r.UniqueID])
			}
		}
	}
	t.Logf("round trips for 5 and %d records of several orgs: %v", len(lost), trips)
	if trips[0] > 10 || trips[1] > 10 {
		t.Errorf("round trips: %v", trips)
	}
}

func has(r *audit.Record, field query.Field) bool {
	_, ok := r.Get(field)
	return ok
}

func TestRecordsOutsideTheScopeHaveNoFlow(t *testing.T) {
	t.Parallel()
	records := rows(t, "a | 0s | request_id=q | trace_id=t\nb | 1s | trace_id=t\nc | 1s | trace_id=t | org_id=org-2")
	flows, err := flow.FlowsOf(t.Context(), countedStoreOf(t, records), audit.Orgs("org-1"), flow.Rules{Idle: idle}, records, began)
	if err != nil {
		t.Fatal(err)
	}
	if flows[0] == nil || flows[0] != flows[1] || len(flows[0].Records) != 2 || flows[2] != nil {
		t.Errorf("got %v", flows)
	}
}
