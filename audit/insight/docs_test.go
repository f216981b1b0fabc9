package insight_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit/insight"
)

// The tables of docs/insights.md are what the sample comes to.
func TestThePageShowsTheSample(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/insights.md")
	if err != nil {
		t.Fatal(err)
	}
	quality := readQuality(t, sampleFlows(), sampleRecords(), november())
	for name, table := range map[string]string{
		"number of shapes": fmt.Sprintf("The rarest 3 of the sample's %d,", readShapes(t, sampleFlows(), 3).Total),
		"funnel":           funnelTable(readFunnel(t, sampleFlows(), insight.Whole, 0)),
		"shapes":           shapesTable(readShapes(t, sampleFlows(), 3)),
		"coverage":         coverageTable(quality),
	} {
		if !strings.Contains(string(page), table) {
			t.Errorf("the %s should be:\n%s", name, table)
		}
	}
}

func funnelTable(f *insight.Funnel) string {
	var b strings.Builder
	for _, s := range f.Steps {
		gap := "–"
		if s.Gap != nil {
			gap = fmt.Sprintf("%.1f s, %.1f s", s.Gap.P50.Seconds(), s.Gap.P95.Seconds())
		}
		fmt.Fprintf(&b, "| %s | %d (%.0f %%) | %d | %d | %s |\n", s.Name, s.Reached, 100*s.Share, s.Failed, s.Ended, gap)
	}
	return b.String()
}

func shapesTable(s *insight.Shapes) string {
	var b strings.Builder
	for _, shape := range s.Shapes {
		fmt.Fprintf(&b, "| %d (%.1f %%) | %s | %s |\n", shape.Count, 100*shape.Share, shape.Path, strings.TrimSpace(listed(shape.Outcomes)))
	}
	return b.String()
}

func coverageTable(q *insight.Quality) string {
	var b strings.Builder
	for _, s := range q.Stages {
		fmt.Fprintf(&b, "| %s | %d |", s.EventName, s.Records)
		for _, id := range s.IDs[:4] {
			fmt.Fprintf(&b, " %.0f %% |", 100*id.Share)
		}
		b.WriteString("\n")
	}
	return b.String()
}
