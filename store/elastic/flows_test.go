package elastic

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
)

// rowsOf are the rows of all flows of some records.
func rowsOf(records []*audit.Record) (rows []*audit.Record) {
	for _, stitched := range flow.StitchAll(records, flow.Rules{Idle: 15 * time.Minute}) {
		state, _ := flow.Revise(nil, stitched, testTime, 15*time.Minute)
		rows = append(rows, flow.NewRow(state))
	}
	return rows
}

// largestFlow are the records of an attempt that has as many, and as large ones, as are kept.
func largestFlow(t testing.TB) (records []*audit.Record) {
	t.Helper()
	text := strings.Repeat("lorem ipsum ", audit.MaxFlowBytes/audit.MaxFlowRecords/12-30)
	for i := range audit.MaxFlowRecords {
		members := fmt.Sprintf(`"event_name":"Step %d","request_id":"largest","trace_id":"trace-%d","user_agent":"%s%d","device":{"os":"n%d"}`, i, i/3, text, i, i)
		records = append(records, event(t, "o", fmt.Sprintf("large-%04d", i), testTime.Add(time.Duration(i)*time.Second), members))
	}
	return records
}

func TestFlowsOfTheSampleAreHeldWhole(t *testing.T) {
	t.Parallel()
	options := rowOptions(t)
	options.Format = flow.Format()
	s := open(t, options)
	large := rowsOf(largestFlow(t))
	want := slices.Concat(rowsOf(sampleEvents(t)), large)
	replace(t, s, changesTo(want, nil)...)
	if len(large) != 1 || len(large[0].Raw) < audit.MaxFlowBytes*3/4 {
		t.Fatalf("the largest flow became %d rows, the first of %d bytes", len(large), len(large[0].Raw))
	}
	expectRows(t, s, want...)
	for what, where := range map[string]query.Node{
		"a word of one record and one of another": query.And{Nodes: []query.Node{query.Words{Tokens: []string{"n7"}}, query.Words{Tokens: []string{"n993"}}}},
		"its last record":                         query.Exact{Field: query.FlowRecordID, Values: []string{"large-0999"}},
	} {
		counts, err := s.Count(t.Context(), []audit.Query{{Scope: audit.Orgs("o"), Where: where}})
		if err != nil || counts[0] != 1 {
			t.Errorf("the largest flow is found %v times by %s, %v", counts, what, err)
		}
	}
	scanned := 0
	err := s.Scan(t.Context(), audit.Query{Scope: audit.AllOrgs()}, func(r *audit.Record) bool {
		i := slices.IndexFunc(want, func(w *audit.Record) bool { return w.Key() == r.Key() })
		for _, field := range flow.Format().HeadFields {
			if got := r.Values(field); !slices.Equal(got, want[i].Values(field)) {
				t.Errorf("the head of %s has the %s %q, want %q", r.UniqueID, field, got, want[i].Values(field))
			}
		}
		scanned++
		return true
	})
	if err != nil || scanned != len(want) {
		t.Errorf("%d rows were scanned, %v; want %d", scanned, err, len(want))
	}
}
