package insight_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/insight"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/sqlite"
)

func openStore(t testing.TB, format audit.Format) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir(), Format: format})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// storedFlows returns a view of a store that holds the flows of some records.
func storedFlows(t testing.TB, records []*audit.Record) *flow.View {
	t.Helper()
	store := openStore(t, flow.Format())
	var changes []audit.Replacement
	for _, stitched := range flow.StitchAll(records, flow.Rules{Idle: idle}) {
		changes = append(changes, audit.Replacement{Row: flow.NewRow(flow.State{Stitched: stitched, Revision: 1})})
	}
	for batch := range slices.Chunk(changes, audit.MaxPageSize) {
		if err := store.Replace(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	return flow.NewView(store, func() time.Time { return afterSample }, idle, flow.Options{})
}

// What a real store gives comes to the same as flows and records in memory.
func TestInsightsFromAStore(t *testing.T) {
	t.Parallel()
	records := slices.Concat(sampleRecords(), stray(t))
	flows, memory := storedFlows(t, records), fakeFlows(flowsOf(records))
	events := openStore(t, audit.Format{})
	if _, err := events.Append(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	t.Run("funnel", func(t *testing.T) {
		t.Parallel()
		q := audit.Query{Scope: audit.Orgs("org-001"), Where: query.Exact{Field: query.FlowOutcome, Values: []string{"ABANDONED", "SUCCEEDED"}}}
		got, err := insight.ReadFunnel(t.Context(), flows, q, insight.ByApplication, 3)
		want, _ := insight.ReadFunnel(t.Context(), memory, q, insight.ByApplication, 3)
		if err != nil || !reflect.DeepEqual(got, want) || len(got.Outcomes) != 2 {
			t.Errorf("%v\n got %+v\nwant %+v", err, got, want)
		}
	})
	t.Run("shapes", func(t *testing.T) {
		t.Parallel()
		got, err := insight.ReadShapes(t.Context(), flows, everything(), 500)
		if err != nil {
			t.Fatal(err)
		}
		want := readShapes(t, memory, 500)
		if got.Flows != want.Flows || got.Total != want.Total || !slices.EqualFunc(got.Shapes, want.Shapes, func(a, b insight.Shape) bool {
			return a.Path == b.Path && a.Count == b.Count && a.FirstSeen.Equal(b.FirstSeen) && a.LastSeen.Equal(b.LastSeen) &&
				a.Example.ID == b.Example.ID && slices.Equal(a.Outcomes, b.Outcomes)
		}) {
			t.Errorf("\n got %+v\nwant %+v", got, want)
		}
	})
	t.Run("quality", func(t *testing.T) {
		t.Parallel()
		got, err := insight.ReadQuality(t.Context(), flows, events, november())
		if err != nil {
			t.Fatal(err)
		}
		want := readQuality(t, memory, records, november())
		if a, b := qualityText(got), qualityText(want); a != b {
			t.Errorf("\n got %s\nwant %s", a, b)
		}
	})
	t.Run("comparison", func(t *testing.T) {
		t.Parallel()
		found := 0
		for _, a := range memory {
			if a.Outcome != audit.Denied {
				continue
			}
			got, why, err := insight.FindBaseline(t.Context(), flows, a)
			want, reason, _ := insight.FindBaseline(t.Context(), memory, a)
			if err != nil || why != reason || (got == nil) != (want == nil) || got != nil && got.ID != want.ID {
				t.Fatalf("%s: %v %s, want %s (%v)", a.ID, got, why, reason, err)
			}
			if got != nil {
				found++
				checkRows(t, insight.Compare(a, got, why))
			}
		}
		if found == 0 {
			t.Error("no flow has a baseline")
		}
	})
}

// qualityText prints what was counted, with the ids of examples.
func qualityText(q *insight.Quality) string {
	text := fmt.Sprintf("%+v %+v %+v %v %d orphans %d %d\n", q.Coverage, q.Stages, q.Days, q.StagesLeftOut, q.Flows, q.Orphans.Flows, q.Orphans.Records)
	for _, o := range q.Orphans.By {
		text += fmt.Sprintln(o.Via, o.Flows, o.Records, o.Example.ID)
	}
	for _, c := range q.Conflicts {
		text += fmt.Sprintln(c.Key, c.Reason, c.Flows, c.Values, c.ExampleValue, c.Example.ID)
	}
	return text + fmt.Sprint(q.ClockSkew.Flows, q.ClockSkew.By)
}

// BenchmarkStoredFunnel is the funnel of 6,000 stored flows: those of the sample in ten times as many orgs.
func BenchmarkStoredFunnel(b *testing.B) {
	var records []*audit.Record
	for copied := range 10 {
		for _, r := range sampleRecords() {
			moved := strings.Replace(r.Raw, `"org_id":"`, fmt.Sprintf(`"org_id":"%d-`, copied), 1)
			one, err := audit.DecodeEvent([]byte(moved), "")
			if err != nil {
				b.Fatal(err)
			}
			records = append(records, one)
		}
	}
	flows := storedFlows(b, records)
	b.ReportAllocs()
	for b.Loop() {
		f, err := insight.ReadFunnel(b.Context(), flows, everything(), insight.Whole, 0)
		if err != nil || f.Flows != 6_000 {
			b.Fatalf("%v, %v", f, err)
		}
	}
}
