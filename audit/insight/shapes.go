package insight

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// Shapes says which ways login flows go.
type Shapes struct {
	Flows  int // how many flows there are
	Total  int // how many different shapes they have
	Shapes []Shape
}

// Shape is a way that login flows go: their path of stages and results.
type Shape struct {
	Path                string // as audit.Flow.Shape
	Count               int    // how many flows have it
	Share               float64
	FirstSeen, LastSeen time.Time      // the earliest and the latest start of these
	Outcomes            []OutcomeCount // those that occur, in the order of audit.FlowOutcomes
	Example             *audit.Flow    // the summary of the latest one, ties by id
}

// MaxShapes is the most shapes that an answer may list.
const MaxShapes = 500

// ReadShapes returns the rarest shapes of the flows that a query finds, at most as
// many as given, ties by shape. Kinds, Order and Window do not matter.
func ReadShapes(ctx context.Context, flows Flows, q audit.Query, first int) (*Shapes, error) {
	if first < 1 || first > MaxShapes {
		return nil, audit.Invalid("first", "must be from 1 to %d", MaxShapes)
	}
	c := shapeCount{}
	if err := each(ctx, flows, q, func(_ *audit.Record, f *audit.Flow) { c.add(f) }); err != nil {
		return nil, err
	}
	return c.shapes(first), nil
}

// shapeCount is the shapes while their flows are counted.
type shapeCount map[string]*countedShape

type countedShape struct {
	Shape
	outcomes outcomeTally
}

func (c shapeCount) add(f *audit.Flow) {
	s := c[f.Shape]
	if s == nil {
		s = &countedShape{Shape: Shape{Path: f.Shape, FirstSeen: f.StartedAt}}
		c[f.Shape] = s
	}
	s.Count++
	s.outcomes.add(f.Outcome)
	if f.StartedAt.Before(s.FirstSeen) {
		s.FirstSeen = f.StartedAt
	}
	if later(f, s.Example) {
		s.Example, s.LastSeen = f, f.StartedAt
	}
}

// later reports whether a flow is a better example than another one: a later one, ties by id.
func later(f, than *audit.Flow) bool {
	return than == nil || cmp.Or(than.StartedAt.Compare(f.StartedAt), cmp.Compare(f.ID, than.ID)) < 0
}

func (c shapeCount) shapes(limit int) *Shapes {
	all := &Shapes{Total: len(c), Shapes: make([]Shape, 0, len(c))}
	for _, s := range c {
		all.Flows += s.Count
		all.Shapes = append(all.Shapes, s.Shape)
	}
	slices.SortFunc(all.Shapes, func(a, b Shape) int {
		return cmp.Or(cmp.Compare(a.Count, b.Count), cmp.Compare(a.Path, b.Path))
	})
	all.Shapes = slices.Clip(all.Shapes[:min(limit, len(all.Shapes))])
	for i := range all.Shapes {
		s := &all.Shapes[i]
		s.Share, s.Outcomes = share(s.Count, all.Flows), c[s.Path].outcomes.counts()
	}
	return all
}
