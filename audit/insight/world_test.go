package insight_test

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
)

const idle = 15 * time.Minute

// afterSample is when the sample is looked at: long after its last record.
var afterSample = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)

// sampleRecords decodes the sample events, each once.
var sampleRecords = sync.OnceValue(func() []*audit.Record {
	file, err := os.Open("../../testdata/sample-events.ndjson")
	if err != nil {
		panic(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, audit.MaxEventBytes)
	var records []*audit.Record
	seen := map[audit.Key]bool{}
	for lines.Scan() {
		r, err := audit.DecodeEvent(lines.Bytes(), "")
		if err != nil {
			panic(err)
		}
		if !seen[r.Key()] {
			seen[r.Key()] = true
			records = append(records, r)
		}
	}
	return records
})

// sampleFlows are the flows of the sample, with their records.
var sampleFlows = sync.OnceValue(func() []*audit.Flow { return flowsOf(sampleRecords()) })

func flowsOf(records []*audit.Record) []*audit.Flow {
	var flows []*audit.Flow
	for _, stitched := range flow.StitchAll(records, flow.Rules{Idle: idle}) {
		flows = append(flows, stitched.Flow(afterSample, idle))
	}
	return flows
}

// fakeFlows answers Scan, Search and Flow from flows in memory, in their order.
type fakeFlows []*audit.Flow

func (f fakeFlows) Scan(_ context.Context, q audit.Query, yield func(*audit.Record) bool) error {
	if err := q.Scope.Validate(); err != nil {
		return err
	}
	for _, row := range f.rows(q) {
		if !yield(row) {
			return nil
		}
	}
	return nil
}

// Search knows only the order newest first, and no cursors.
func (f fakeFlows) Search(_ context.Context, q audit.Query) (audit.Page, error) {
	if err := q.Validate(); err != nil {
		return audit.Page{}, err
	}
	rows := f.rows(q)
	slices.SortFunc(rows, func(a, b *audit.Record) int { return b.Time.Compare(a.Time) })
	var page audit.Page
	for _, row := range rows[:min(q.Window.Limit, len(rows))] {
		page.Hits = append(page.Hits, audit.Hit{Record: row})
	}
	return page, nil
}

func (f fakeFlows) rows(q audit.Query) []*audit.Record {
	var rows []*audit.Record
	for _, one := range f {
		row := audit.NewRow(audit.Row{Kind: audit.KindFlow, Org: one.Org, UniqueID: one.ID, Time: one.StartedAt, Document: flowRow{one}})
		if slices.Equal(q.Kinds, []audit.Kind{audit.KindFlow}) && q.Scope.Allows(row.Org) && query.Match(q.Where, row.Document()) {
			rows = append(rows, row)
		}
	}
	return rows
}

// Flow gives a summary: a flow without its records.
func (f fakeFlows) Flow(row *audit.Record) *audit.Flow {
	summary := *row.RowDocument().(flowRow).flow
	summary.Records, summary.Links, summary.Verdict = nil, nil, audit.Verdict{}
	summary.Stages = slices.Clone(summary.Stages)
	for i := range summary.Stages {
		summary.Stages[i].Records = nil
	}
	return &summary
}

// Summary does, too.
func (f fakeFlows) Summary(row *audit.Record) *audit.Flow { return f.Flow(row) }

// flowRow is the document of a fake row.
type flowRow struct{ flow *audit.Flow }

func (r flowRow) Time() time.Time { return r.flow.StartedAt }

func (r flowRow) Values(field query.Field) []string {
	var values []string
	switch field {
	case query.FlowOutcome:
		return []string{string(r.flow.Outcome)}
	case query.OrgID:
		return []string{r.flow.Org}
	case query.FlowVia:
		for _, link := range r.flow.Links {
			values = append(values, string(link.Via))
		}
		return slices.Compact(values)
	case query.UserID:
		values = append(values, r.flow.UserID)
	case query.UpstreamUserID:
		values = append(values, r.flow.UpstreamUserID)
	}
	for _, record := range r.flow.Records {
		values = append(values, record.Values(field)...)
	}
	return slices.DeleteFunc(values, func(value string) bool { return value == "" })
}

func (r flowRow) Strings() iter.Seq2[string, string] { return func(func(string, string) bool) {} }
func (r flowRow) Extra() iter.Seq2[string, string]   { return func(func(string, string) bool) {} }

// everything asks for all flows.
func everything() audit.Query { return audit.Query{Scope: audit.AllOrgs()} }

var began = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

// attempt makes the summary of a flow from stages "3s Event Name / Result", where
// the time is that since it began.
func attempt(t testing.TB, id string, outcome audit.FlowOutcome, stages ...string) *audit.Flow {
	t.Helper()
	f := &audit.Flow{ID: id, Org: "org-1", RequestID: "req-" + id, Outcome: outcome, StartedAt: began, EndedAt: began}
	for i, text := range stages {
		at, step, _ := strings.Cut(text, " ")
		name, result, _ := strings.Cut(step, " / ")
		since, err := time.ParseDuration(at)
		if err != nil {
			t.Fatalf("no stage: %q (%v)", text, err)
		}
		stage := audit.Stage{EventName: name, Result: result, StartedAt: began.Add(since), Count: 1}
		if i > 0 {
			stage.Gap = stage.StartedAt.Sub(f.Stages[i-1].StartedAt)
		}
		f.Stages = append(f.Stages, stage)
		f.EndedAt, f.LastStage = stage.StartedAt, name
		f.Shape += fmt.Sprintf("› %s %s ", name, result)
	}
	switch outcome {
	case audit.Denied, audit.Failed, audit.TimedOut, audit.Expired:
		f.FailedStage = f.LastStage
	}
	return f
}

// newest returns the latest of some flows, ties by id.
func newest(flows []*audit.Flow) *audit.Flow {
	return slices.MaxFunc(flows, func(a, b *audit.Flow) int {
		return cmp.Or(a.StartedAt.Compare(b.StartedAt), cmp.Compare(b.ID, a.ID))
	})
}

// outcomesOf counts outcomes as they are listed.
func outcomesOf(flows []*audit.Flow) string {
	var text string
	for _, outcome := range audit.FlowOutcomes {
		n := 0
		for _, f := range flows {
			if f.Outcome == outcome {
				n++
			}
		}
		if n > 0 {
			text += fmt.Sprintf("%s %d ", outcome, n)
		}
	}
	return text
}
