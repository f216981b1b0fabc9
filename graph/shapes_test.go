package graph_test

import (
	"cmp"
	"testing"
	"time"
)

func TestShapesAreCountedRareOnesFirst(t *testing.T) {
	t.Parallel()
	a := sampleAPI(t)
	var data struct {
		LoginFlowShapes struct {
			Flows, Total int
			Shapes       []struct {
				Shape               string
				Count               int
				Share               float64
				FirstSeen, LastSeen time.Time
				Example             struct {
					ID      string
					Verdict struct{ Text string }
				}
			}
		}
	}
	a.taken()
	a.ask(t, `{ loginFlowShapes(first: 500) { flows total shapes { shape count share firstSeen lastSeen example { id verdict { text } } } } }`, nil, &data)
	if calls := a.taken(); len(calls) != 2 {
		t.Errorf("shapes with examples cost %q", calls)
	}
	byShape := map[string][]summary{} // newest first
	flows := allFlows(t, a)
	for _, f := range flows {
		byShape[f.Shape] = append(byShape[f.Shape], f)
	}
	shapes := data.LoginFlowShapes
	if shapes.Flows != len(flows) || shapes.Total != len(byShape) || len(shapes.Shapes) != len(byShape) {
		t.Errorf("%d shapes of %d flows; the list has %d of %d", shapes.Total, shapes.Flows, len(byShape), len(flows))
	}
	for i, shape := range shapes.Shapes {
		of := byShape[shape.Shape]
		if i > 0 && cmp.Or(cmp.Compare(shapes.Shapes[i-1].Count, shape.Count), cmp.Compare(shapes.Shapes[i-1].Shape, shape.Shape)) >= 0 {
			t.Errorf("%s is out of order", shape.Shape)
		}
		if shape.Count != len(of) || !shape.FirstSeen.Equal(of[len(of)-1].StartedAt) || !shape.LastSeen.Equal(of[0].StartedAt) ||
			shape.Example.ID != of[0].ID || shape.Example.Verdict.Text == "" {
			t.Errorf("got %+v, the list has %d, the last %s", shape, len(of), of[0].ID)
		}
	}
}
