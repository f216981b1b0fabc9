package flow_test

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
	"pgregory.net/rapid"
)

func TestAViewGivesTheFlowsThemselves(t *testing.T) {
	t.Parallel()
	flows := append(stitchedSample(t), oddFlows(t)...)
	for _, now := range []time.Time{began.Add(2*time.Hour + 16*time.Minute), afterSample} {
		view := viewAt(stored(flows), now)
		for _, s := range flows {
			made, row := newRow(s)
			want := s.Flow(now, idle)
			want.Closed = true
			want.Revisions = []audit.FlowRevision{{Number: 1, At: afterSample, Closing: true}}
			for _, r := range []*audit.Record{made, row} {
				if got := view.Flow(r); !reflect.DeepEqual(got, want) {
					t.Fatalf("%+v\nwant %+v", got, want)
				}
			}
		}
	}
}

func TestAScannedRowIsTheFlowWithoutItsRecords(t *testing.T) {
	t.Parallel()
	flows := append(stitchedSample(t), oddFlows(t)...)
	now := began.Add(2*time.Hour + 16*time.Minute)
	view := viewAt(stored(flows), now)
	byID := map[string]*audit.Flow{}
	err := view.Scan(t.Context(), audit.Query{Scope: audit.AllOrgs()}, func(row *audit.Record) bool {
		byID[row.UniqueID] = view.Flow(row)
		return true
	})
	if err != nil || len(byID) != len(flows) {
		t.Fatalf("%d flows of %d: %v", len(byID), len(flows), err)
	}
	for _, s := range flows {
		want := s.Flow(now, idle)
		want.Records, want.Links, want.Verdict = nil, nil, audit.Verdict{}
		want.Closed = true
		want.Revisions = []audit.FlowRevision{{Number: 1, At: afterSample, Closing: true}}
		for i := range want.Stages {
			want.Stages[i].Records = nil
		}
		if got := byID[s.ID()]; !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v\nwant %+v", got, want)
		}
	}
}

func TestADamagedFlowSaysSo(t *testing.T) {
	t.Parallel()
	row := oddRow(t)
	for name, raw := range map[string]string{"events": row.Raw[:len(row.Raw)-1], "head": "f1 3 0 0"} {
		damaged := row.Stored()
		damaged.Raw = raw
		f := viewAt(&rowsHeld{}, afterSample).Flow(flow.Format().Restore(damaged))
		if f.ID != row.UniqueID || f.Org != row.Org || !f.StartedAt.Equal(row.Time) || f.Outcome == "" || f.Verdict.Text == "" || f.Records != nil {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestWhatDependsOnTheClockIsToldWhenAsked(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		stitched := flow.StitchAll(someWorld(t, rt), someRules(rt))
		now := began.Add(time.Duration(rapid.SampledFrom([]int{0, 15, 16, 20, 31, 46, 314, 315, 316, 900}).Draw(rt, "now")) * time.Minute)
		now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1}).Draw(rt, "later")))
		var want flowsAt
		for _, s := range stitched {
			f := s.Flow(now, idle)
			f.Closed = true
			want.flows = append(want.flows, f)
		}
		condition := someCondition(rt, 3)
		held := stored(stitched)
		view := viewAt(held, now)
		q := audit.Query{Scope: audit.AllOrgs(), Where: condition, Window: audit.Window{Limit: 100}}
		page, err := view.Search(t.Context(), q)
		if err != nil {
			rt.Fatal(err)
		}
		got, expected := map[string]audit.FlowOutcome{}, map[string]audit.FlowOutcome{}
		for _, row := range page.Records() {
			got[row.UniqueID] = view.Flow(row).Outcome
		}
		for _, f := range want.matching(condition) {
			expected[f.ID] = f.Outcome
		}
		if !maps.Equal(got, expected) {
			rt.Fatalf("%s: %v, want %v", condition, got, expected)
		}
		checkCounted(rt, view, held, want, q)
	})
}

// checkCounted compares counts, facets and histograms with the flows.
func checkCounted(rt *rapid.T, view *flow.View, held *rowsHeld, want flowsAt, q audit.Query) {
	ctx := context.Background()
	if counts, err := view.Count(ctx, []audit.Query{q, q}); err != nil || counts[1] != len(want.matching(q.Where)) {
		rt.Fatalf("%s: counted %v (%v), want %d", q.Where, counts, err, len(want.matching(q.Where)))
	}
	size := rapid.IntRange(1, 8).Draw(rt, "size")
	fields := []query.Field{query.FlowOutcome, query.UserID, query.UniqueID, query.FlowOutcome}
	var requests []audit.FacetRequest
	for _, field := range fields {
		requests = append(requests, audit.FacetRequest{Query: q, Field: field, Size: size})
	}
	held.trips = 0
	facets, err := view.Facets(ctx, requests)
	if err != nil || len(facets) != len(fields) || held.trips != 1 {
		rt.Fatalf("%d facets in %d round trips: %v", len(facets), held.trips, err)
	}
	for i, field := range fields {
		if expected := want.facet(q.Where, field, size); !slices.Equal(facets[i], expected) {
			rt.Fatalf("%s by %s: %v, want %v", q.Where, field, facets[i], expected)
		}
	}
	interval := rapid.SampledFrom([]time.Duration{0, time.Minute, time.Hour, 24 * time.Hour}).Draw(rt, "interval")
	held.trips = 0
	histograms, err := view.Histograms(ctx, []audit.HistogramRequest{{Query: q, Interval: interval, By: query.FlowOutcome, Size: size}, {Query: q}})
	if err != nil || held.trips > 2 {
		rt.Fatalf("histograms in %d round trips: %v", held.trips, err)
	}
	checkBuckets(rt, want, q.Where, histograms[0], size)
}

func checkBuckets(rt *rapid.T, want flowsAt, condition query.Node, buckets []audit.Bucket, size int) {
	for i, b := range buckets {
		inside := query.TimeRange{From: b.Start}
		if i+1 < len(buckets) {
			inside.To = buckets[i+1].Start
		}
		expected := want.facet(query.And{Nodes: []query.Node{condition, inside}}, query.FlowOutcome, size)
		if !slices.Equal(b.Values, expected) {
			rt.Fatalf("%s from %s: %v, want %v", condition, b.Start, b.Values, expected)
		}
	}
}

func TestAListOfFlowsIsPagedWhateverKindsAreAskedFor(t *testing.T) {
	t.Parallel()
	flows := oddFlows(t)
	view := viewAt(stored(flows), afterSample)
	for _, kinds := range [][]audit.Kind{nil, {audit.KindFlow}, {audit.KindAuth}} {
		q := audit.Query{Scope: audit.AllOrgs(), Kinds: kinds, Window: audit.Window{Limit: 2}}
		var seen int
		for more := true; more; {
			page, err := view.Search(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			seen += len(page.Hits)
			after := q.CursorAt(page.Hits[len(page.Hits)-1])
			q.Window.After, more = &after, page.HasNext
		}
		if seen != len(flows) {
			t.Errorf("%v: %d flows, want %d", kinds, seen, len(flows))
		}
	}
	_, err := view.Search(t.Context(), audit.Query{Scope: audit.AllOrgs(),
		Window: audit.Window{Limit: 2, After: &audit.Cursor{Kinds: []audit.Kind{audit.KindAPI}}}})
	if code := audit.AsError(err).Code; code != audit.BadUserInput {
		t.Errorf("the cursor of another list: %v", err)
	}
}

func TestAViewWaitsUntilTheFlowsAreFresh(t *testing.T) {
	t.Parallel()
	var waited int
	view := flow.NewView(&rowsHeld{}, func() time.Time { return began }, idle, flow.Options{Fresh: func(context.Context) { waited++ }})
	ctx, q := t.Context(), audit.Query{Scope: audit.AllOrgs(), Window: audit.Window{Limit: 1}}
	for name, ask := range map[string]func() error{
		"search":     func() error { _, err := view.Search(ctx, q); return err },
		"lookup":     func() error { _, err := view.Lookup(ctx, audit.Lookup{Scope: q.Scope, Window: q.Window}); return err },
		"count":      func() error { _, err := view.Count(ctx, []audit.Query{q}); return err },
		"facets":     func() error { _, err := view.Facets(ctx, nil); return err },
		"histograms": func() error { _, err := view.Histograms(ctx, nil); return err },
		"scan":       func() error { return view.Scan(ctx, q, nil) },
	} {
		waited = 0
		if err := ask(); err != nil || waited != 1 {
			t.Errorf("%s waited %d times (%v)", name, waited, err)
		}
	}
}

func BenchmarkAPageOfFlows(b *testing.B) {
	var rows []audit.Stored
	for _, s := range stitchedSample(b)[:50] {
		made, _ := newRow(s)
		rows = append(rows, made.Stored())
	}
	view, restore := viewAt(&rowsHeld{}, afterSample), flow.Format().Restore
	b.ReportAllocs()
	for b.Loop() {
		for _, row := range rows {
			view.Flow(restore(row))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(rows)), "µs/flow")
}

func TestTheCommonestOutcomeIsKnownOnlyWhenUndecidedOnesAreToldApart(t *testing.T) {
	t.Parallel()
	var flows []*flow.Stitched
	for i, step := range []string{"Token | Success", "Token | Success", "Token | Success", "Policy Evaluation |", "Policy Evaluation |", "Policy Evaluation |", "Policy Evaluation |"} {
		request := "request_id=" + string(rune('a'+i))
		records := steps(t, []string{"0s", "1h"}[i%2]+" | "+step+" | "+request)
		flows = append(flows, flow.StitchAll(records, flow.Rules{Idle: idle})...)
	}
	view := viewAt(stored(flows), began.Add(time.Hour))
	facets, err := view.Facets(t.Context(), []audit.FacetRequest{{Query: audit.Query{Scope: audit.AllOrgs()}, Field: query.FlowOutcome, Size: 1}})
	if want := []audit.ValueCount{{Value: "SUCCEEDED", Count: 3}}; err != nil || !slices.Equal(facets[0], want) {
		t.Errorf("%v (%v), want %v", facets, err, want)
	}
}
