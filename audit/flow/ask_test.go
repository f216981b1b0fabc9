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
		flows := stitchedFlowsOf(t, store, some)
		trips = append(trips, store.trips)
		for _, r := range some {
			got := ""
			if f := flows[r.UniqueID]; f != nil {
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

// stitchedFlowsOf returns the flow of each auth record, by unique_id, stitched from what is looked up.
func stitchedFlowsOf(t *testing.T, store flow.Store, records []*audit.Record) map[string]*audit.Flow {
	t.Helper()
	var orgs []string
	var asked []*flow.Neighbourhood
	byOrg := map[string][]*audit.Record{}
	for _, r := range records {
		if r.Kind != audit.KindAuth {
			continue
		}
		if byOrg[r.Org] == nil {
			orgs, asked = append(orgs, r.Org), append(asked, flow.NewNeighbourhood(r.Org, flow.Rules{Idle: idle}))
		}
		byOrg[r.Org] = append(byOrg[r.Org], r)
	}
	stitched, err := flow.Ask(t.Context(), store, audit.AllOrgs(), asked, func(i int, n *flow.Neighbourhood) ([]*flow.Stitched, []flow.ID) {
		homes, missing := n.Homes(byOrg[orgs[i]])
		if len(missing) > 0 {
			return nil, missing
		}
		return n.Stitch(homes)
	})
	if err != nil {
		t.Fatal(err)
	}
	flows := map[string]*audit.Flow{}
	for i, org := range orgs {
		for j, s := range stitched[i] {
			if s != nil {
				flows[byOrg[org][j].UniqueID] = s.Flow(afterSample, idle)
			}
		}
	}
	return flows
}
