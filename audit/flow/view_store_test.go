package flow_test

import (
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/sqlite"
)

// flowStoreOf returns a store that holds the rows of flows.
func flowStoreOf(t *testing.T, flows []*flow.Stitched) audit.FlowStore {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir(), Format: flow.Format()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	var changes []audit.Replacement
	for _, stitched := range flows {
		row, _ := newRow(stitched)
		changes = append(changes, audit.Replacement{Row: row})
	}
	for some := range slices.Chunk(changes, audit.MaxPageSize) {
		if err := s.Replace(t.Context(), some); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func searchFor(t *testing.T, search string) query.Node {
	t.Helper()
	n, err := query.Parse(search, afterSample)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// storedConditions are conditions that a store of the sample's flows must answer.
func storedConditions(t *testing.T) []query.Node {
	conditions := flowConditions()
	for _, search := range []string{"google denied", "-denied", `"policy evaluation" -result:Success`, "event_name:Token result:Denied", "person7*",
		"extra.device:phone", "has:session -has:token_id", "unique_id:b", "issuer:*", "source_ip:10.0.0.0/8"} {
		conditions = append(conditions, searchFor(t, search))
	}
	for _, search := range []string{"failed", "-denied wiki", "abandoned OR in_progress", `payroll "timed out"`} {
		n, err := query.ParseFlows(search, afterSample)
		if err != nil {
			t.Fatal(err)
		}
		conditions = append(conditions, n)
	}
	one := int64(1)
	noRetries := query.NumberRange{Field: query.FlowRetries, Max: &one}
	for _, n := range slices.Clone(conditions) {
		conditions = append(conditions, query.Not{Node: query.And{Nodes: []query.Node{n, noRetries}}})
	}
	return conditions
}

func TestAStoreOfFlowsAnswersAsTheFlowsThemselves(t *testing.T) {
	t.Parallel()
	flows := append(stitchedSample(t)[:90], oddFlows(t)...)
	store := flowStoreOf(t, flows)
	now := began.Add(2*time.Hour + 16*time.Minute)
	view := flow.NewView(store, func() time.Time { return now }, idle, flow.Options{})
	var want flowsAt
	for _, s := range flows {
		f := s.Flow(now, idle)
		f.Closed = true
		want.flows = append(want.flows, f)
	}
	for _, n := range storedConditions(t) {
		checkStored(t, view, want, n)
	}
}

// checkStored compares what a view of a store finds and counts with the flows.
func checkStored(t *testing.T, view *flow.View, want flowsAt, n query.Node) {
	t.Helper()
	q := audit.Query{Scope: audit.AllOrgs(), Kinds: []audit.Kind{audit.KindFlow}, Where: n,
		Order: audit.Order{Field: audit.ByDuration}, Window: audit.Window{Limit: audit.MaxPageSize}}
	page, err := view.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, row := range page.Records() {
		found = append(found, row.UniqueID)
	}
	expected := want.matching(n)
	hit := func(f *audit.Flow) audit.Hit {
		return audit.Hit{Record: audit.NewRow(audit.Row{Kind: audit.KindFlow, Org: f.Org, UniqueID: f.ID, Time: f.StartedAt, Document: flow.Document(f)})}
	}
	slices.SortFunc(expected, func(a, b *audit.Flow) int { return q.Order.Compare(hit(a), hit(b)) })
	var ids []string
	for _, f := range expected {
		ids = append(ids, f.ID)
	}
	if !slices.Equal(found, ids) {
		t.Fatalf("%s finds %v, want %v", n, found, ids)
	}
	var requests []audit.FacetRequest
	for _, field := range []query.Field{query.FlowOutcome, query.FlowLastStage, query.UserID, query.EventName} {
		requests = append(requests, audit.FacetRequest{Query: q, Field: field, Size: 5})
	}
	facets, err := view.Facets(t.Context(), requests)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range requests {
		if counts := (flowsAt{expected}).facet(nil, r.Field, r.Size); !slices.Equal(facets[i], counts) {
			t.Fatalf("%s by %s: %v, want %v", n, r.Field, facets[i], counts)
		}
	}
}

func TestIDsLeadToStoredFlows(t *testing.T) {
	t.Parallel()
	view := flow.NewView(flowStoreOf(t, append(stitchedSample(t), oddFlows(t)...)), func() time.Time { return afterSample }, idle, flow.Options{})
	got := answers(t, view, audit.Window{Limit: 1}, idOf(audit.ViaTrace, "t"), idOf(audit.ViaTrace, "u"), idOf(audit.ViaRequest, "p"), "no such id")
	if want := []string{"REQUEST q", "RECORD f", "REQUEST p", ""}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	var scanned int
	err := view.Scan(t.Context(), audit.Query{Scope: audit.AllOrgs(), Where: query.Exact{Field: query.FlowOutcome, Values: []string{"DENIED"}}},
		func(row *audit.Record) bool {
			if f := view.Flow(row); f.Outcome != audit.Denied || f.Records != nil || len(f.Stages) == 0 {
				t.Errorf("%+v", f)
			}
			scanned++
			return true
		})
	if err != nil || scanned < 10 {
		t.Errorf("%d flows: %v", scanned, err)
	}
}
