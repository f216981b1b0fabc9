package flow_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/sqlite"
)

// countedStore counts the round trips of stitching.
type countedStore struct {
	flow.Store
	trips int
}

func (c *countedStore) Lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	c.trips++
	return c.Store.Lookup(ctx, l)
}

func (c *countedStore) Count(ctx context.Context, queries []audit.Query) ([]int, error) {
	c.trips++
	return c.Store.Count(ctx, queries)
}

func countedStoreOf(t *testing.T, records []*audit.Record) *countedStore {
	t.Helper()
	seen := map[audit.Key]bool{}
	records = slices.DeleteFunc(slices.Clone(records), func(r *audit.Record) bool {
		again := seen[r.Key()]
		seen[r.Key()] = true
		return again
	})
	return &countedStore{Store: storeOf(t, records).(*sqlite.Store)}
}

// affectedBy stitches the flows that records of one org may have changed from what the store has.
func (c *countedStore) affectedBy(t *testing.T, org string, changed []*audit.Record) []*flow.Stitched {
	t.Helper()
	n := flow.NewNeighbourhood(org, flow.Rules{Idle: idle})
	return fromStore(t, c, n, func() (flow.Change, []flow.ID) { return n.Restitch(changed, nil) }).Flows
}

func fromStore[T any](t *testing.T, c *countedStore, n *flow.Neighbourhood, ask func() (T, []flow.ID)) T {
	t.Helper()
	for {
		answer, missing := ask()
		if len(missing) == 0 {
			return answer
		}
		if err := flow.Gather(t.Context(), c, audit.AllOrgs(), []flow.Lacking{{Neighbourhood: n, IDs: missing}}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheStoreIsAskedAFixedNumberOfTimes(t *testing.T) {
	t.Parallel()
	records, err := sampleRecords()
	if err != nil {
		t.Fatal(err)
	}
	var org []*audit.Record
	for _, r := range records {
		if r.Kind == audit.KindAuth && r.Org == "org-001" {
			org = append(org, r)
		}
	}
	want := map[string]string{}
	for _, s := range flow.StitchAll(org, flow.Rules{Idle: idle}) {
		want[s.ID()] = toldOf(s)
	}
	store := countedStoreOf(t, records)
	for _, size := range []int{1, 50, len(org)} {
		store.trips = 0
		for _, s := range store.affectedBy(t, "org-001", org[:size]) {
			if s != nil && toldOf(s) != want[s.ID()] {
				t.Fatalf("%s\nwant %s", toldOf(s), want[s.ID()])
			}
		}
		t.Logf("%d records: %d round trips", size, store.trips)
		if store.trips > 12 {
			t.Errorf("%d round trips for %d records", store.trips, size)
		}
	}
}

// Exactly 1,000 records are followed, 1,001 are not.
func TestIDsOnThousandsOfRecords(t *testing.T) {
	t.Parallel()
	for _, field := range []query.Field{query.RequestID, query.TraceID, query.TokenID, query.Session} {
		for n, followed := range map[int]bool{1_000: true, 1_001: false} {
			t.Run(fmt.Sprint(field, " ", n), func(t *testing.T) {
				t.Parallel()
				records := []*audit.Record{
					record(t, "a", 0, "request_id=q", "trace_id=t", "token_id=k", "session=s"),
					record(t, "b", time.Second, "request_id=", map[query.Field]string{query.RequestID: "trace_id=t",
						query.TraceID: "trace_id=t", query.TokenID: "token_id=k", query.Session: "session=s"}[field]),
				}
				// The others have the id in common with the attempt, and for a request id are part of it.
				common := fmt.Sprintf("%s=%s", field, records[0].Values(field)[0])
				for i := len(records) - one(field == query.RequestID); i < n; i++ {
					at := time.Second + time.Duration(i)*time.Millisecond/10
					records = append(records, record(t, fmt.Sprintf("z%04d", i), at, "request_id=", common))
				}
				store := countedStoreOf(t, records)
				var got []string
				for _, s := range store.affectedBy(t, "org-1", records[1:2]) {
					if s != nil {
						got = append(got, toldOf(s))
					}
				}
				tied := slices.ContainsFunc(got, func(told string) bool {
					return strings.HasPrefix(told, "REQUEST q: a REQUEST, b ")
				})
				told := slices.ContainsFunc(got, func(told string) bool { return strings.Contains(told, "more than 1000 records have it") })
				if tied != followed || told == followed {
					t.Errorf("tied %t, told %t", tied, told)
				}
				all := map[string]bool{}
				for _, s := range flow.StitchAll(records, flow.Rules{Idle: idle}) {
					all[toldOf(s)] = true
				}
				for _, told := range got {
					if !all[told] {
						t.Errorf("all records do not make %.300s", told)
					}
				}
			})
		}
	}
}
