package insight_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/insight"
)

// ready gives summaries that are made already, so that only counting is measured.
type ready struct {
	rows  []*audit.Record
	flows map[*audit.Record]*audit.Flow
}

func (r ready) Scan(_ context.Context, _ audit.Query, yield func(*audit.Record) bool) error {
	for _, row := range r.rows {
		if !yield(row) {
			break
		}
	}
	return nil
}

func (r ready) Flow(row *audit.Record) *audit.Flow { return r.flows[row] }

// manyFlows makes up what the flows of one org in a month could be.
func manyFlows(n int) ready {
	random := rand.New(rand.NewPCG(9, 10))
	ways := [][]audit.Stage{
		{{EventName: "Authentication Request", Result: "InProgress"}, {EventName: "Identity Provider Callback", Result: "Success"},
			{EventName: "Policy Evaluation", Result: "DoMfa"}, {EventName: "MFA Challenge", Result: "Create"}, {EventName: "MFA Challenge", Result: "Success"},
			{EventName: "Authentication Request", Result: "CodeIssued"}, {EventName: "Token", Result: "Success"}},
		{{EventName: "Authentication Request", Result: "InProgress"}, {EventName: "Identity Provider Authentication", Result: "Authenticate"},
			{EventName: "Identity Provider Callback", Result: "Failure"}},
	}
	many := ready{flows: map[*audit.Record]*audit.Flow{}}
	for i := range n {
		way := ways[random.IntN(10)/9]
		f := &audit.Flow{ID: fmt.Sprintf("%032x", i), Org: "org-1", ApplicationName: fmt.Sprint("app ", random.IntN(20)), RequestID: fmt.Sprint(i),
			Outcome: audit.FlowOutcomes[random.IntN(7)], StartedAt: began.Add(time.Duration(i) * time.Second), Shape: fmt.Sprint("shape ", random.IntN(40))}
		at := f.StartedAt
		for i, stage := range way {
			if i > 0 {
				stage.Gap = time.Duration(random.ExpFloat64() * float64(time.Second))
			}
			at = at.Add(stage.Gap)
			stage.StartedAt, stage.Count = at, 1
			f.Stages = append(f.Stages, stage)
		}
		f.EndedAt, f.LastStage = at, way[len(way)-1].EventName
		row := audit.NewRow(audit.Row{Kind: audit.KindFlow, Org: f.Org, UniqueID: f.ID, Time: f.StartedAt, Document: flowRow{f}})
		many.rows = append(many.rows, row)
		many.flows[row] = f
	}
	return many
}

func BenchmarkFunnel(b *testing.B) {
	many := manyFlows(50_000)
	for _, by := range []insight.Split{insight.Whole, insight.ByApplication} {
		b.Run("50,000 flows by "+string(by), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := insight.ReadFunnel(b.Context(), many, everything(), by, 10); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkShapes(b *testing.B) {
	many := manyFlows(50_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := insight.ReadShapes(b.Context(), many, everything(), 50); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkQuality(b *testing.B) {
	many := manyFlows(50_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := insight.ReadQuality(b.Context(), many, &counter{}, november()); err != nil {
			b.Fatal(err)
		}
	}
}
