package node

import (
	"context"

	"github.com/authtrail/authtrail/audit/insight"
)

// Shapes are the different ways that login flows go.
type Shapes struct {
	Flows, Total int
	Shapes       []Shape
}

// Shape is one of them.
type Shape struct {
	insight.Shape
	example flowRef
}

// ShapesOf returns the node of shapes.
func ShapesOf(reader *Reader, counted *insight.Shapes) *Shapes {
	shapes := &Shapes{Flows: counted.Flows, Total: counted.Total, Shapes: make([]Shape, len(counted.Shapes))}
	examples := &flowRefs{reader: reader}
	for i, shape := range counted.Shapes {
		shapes.Shapes[i] = Shape{Shape: shape, example: examples.summary(shape.Example)}
	}
	return shapes
}

// Example is the latest flow of the shape.
func (s Shape) Example(ctx context.Context) (*LoginFlow, error) { return s.example.read(ctx) }
