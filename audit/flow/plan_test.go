package flow_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
)

// A plan may let too many records in, but must never keep out one that leads to a flow.
func TestPlansLoseNoFlow(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 7))
	reader := flow.NewReader(nil, nil, atReading, idle)
	var found, led int
	for range 12 {
		records := randomRecords(t, random, 100)
		for range 60 {
			q := randomQuery(random)
			anchors, witnesses := reader.Planned(q)
			for _, f := range naive(records, q) {
				found++
				anchor := f.Records[0]
				if q.Order.Field == audit.ByEnd {
					anchor = f.Records[len(f.Records)-1]
				}
				if !query.Match(anchors, anchor.Document()) {
					t.Fatalf("where %v search %v: %v loses the anchor of %s", q.Where, q.Search, anchors, f.Verdict.Text)
				}
				for _, witness := range witnesses {
					led++
					if !slices.ContainsFunc(f.Records, func(r *audit.Record) bool { return query.Match(witness, r.Document()) }) {
						t.Fatalf("where %v search %v: no record is what %v says of %s", q.Where, q.Search, witness, f.Verdict.Text)
					}
				}
			}
		}
	}
	if found < 5_000 || led < 2_000 {
		t.Errorf("only %d flows, %d witnesses", found, led)
	}
}

func TestPlansUseWhatTheFilterSays(t *testing.T) {
	t.Parallel()
	reader := flow.NewReader(nil, nil, atReading, idle)
	end := began.UnixNano()
	exact := func(field query.Field, value string) query.Node {
		return query.Exact{Field: field, Values: []string{value}}
	}
	for name, c := range map[string]struct {
		query     audit.FlowQuery
		anchors   string
		witnesses []string
	}{
		"nothing": {audit.FlowQuery{}, "has:request_id", nil},
		"an org": {audit.FlowQuery{Where: exact(query.OrgID, "org-1")},
			`has:request_id org_id="org-1"`, nil},
		"a request id": {audit.FlowQuery{Where: exact(query.RequestID, "req-1")},
			`has:request_id request_id="req-1"`, []string{`has:request_id request_id="req-1"`}},
		"a start, by start": {audit.FlowQuery{Where: query.TimeRange{From: began}},
			"has:request_id time:>=2026-11-01T09:00:00Z", nil},
		"an end, by start": {audit.FlowQuery{Where: query.NumberRange{Field: query.FlowEndedAt, Min: &end, Max: &end}},
			"has:request_id time:<2026-11-01T09:00:00Z", nil},
		"an end, by end": {audit.FlowQuery{Where: query.NumberRange{Field: query.FlowEndedAt, Min: &end}, Order: audit.FlowOrder{Field: audit.ByEnd}},
			"has:request_id time:>=2026-11-01T09:00:00Z", nil},
		"a user and a search": {audit.FlowQuery{Where: exact(query.UserID, "ann"), Search: query.Words{Tokens: []string{"denied"}}},
			"has:request_id", []string{"has:request_id denied", `has:request_id user_id="ann"`}},
		"an outcome": {audit.FlowQuery{Where: exact(query.FlowOutcome, "DENIED")},
			"has:request_id", []string{"has:request_id (result:denied OR event:denied)"}},
		"abandoned, which no record says": {audit.FlowQuery{Where: exact(query.FlowOutcome, "ABANDONED")}, "has:request_id", nil},
		"in progress, so not long ago": {audit.FlowQuery{Where: exact(query.FlowOutcome, "IN_PROGRESS")},
			"has:request_id", []string{"has:request_id time:>=2026-11-01T09:00:03Z"}},
		"a stage": {audit.FlowQuery{Where: exact(query.FlowLastStage, "Token")},
			"has:request_id", []string{`has:request_id (event_name="Token" OR stage="Token")`}},
		"a negation": {audit.FlowQuery{Where: query.Negate(exact(query.UserID, "ann"))}, "has:request_id", nil},
	} {
		anchors, witnesses := reader.Planned(c.query)
		var printed []string
		for _, witness := range witnesses {
			printed = append(printed, witness.String())
		}
		if anchors.String() != c.anchors || !slices.Equal(printed, c.witnesses) {
			t.Errorf("%s:\n got %s %q\nwant %s %q", name, anchors, printed, c.anchors, c.witnesses)
		}
	}
}
