package node

import (
	"context"

	"github.com/authtrail/authtrail/audit/insight"
)

// Quality says how well records can be tied together.
type Quality struct {
	insight.Quality
	Orphans   Orphans
	Conflicts []ConflictCount
	ClockSkew ClockSkew
}

// Orphans are records that nothing ties to a request id.
type Orphans struct {
	Flows, Records int
	By             []OrphanCount
}

// OrphanCount is how many of them one kind of id holds together.
type OrphanCount struct {
	insight.OrphanCount
	example flowRef
}

// ConflictCount is how often ids of one kind were not followed for one reason.
type ConflictCount struct {
	insight.ConflictCount
	example flowRef
}

// ClockSkew is what flows tell of clocks that differ.
type ClockSkew struct {
	insight.ClockSkew
	example flowRef
}

// QualityOf returns the node of how well records can be tied together.
func QualityOf(reader *Reader, counted *insight.Quality) *Quality {
	examples := &flowRefs{reader: reader}
	quality := &Quality{
		Quality:   *counted,
		Orphans:   Orphans{Flows: counted.Orphans.Flows, Records: counted.Orphans.Records},
		ClockSkew: ClockSkew{counted.ClockSkew, examples.summary(counted.ClockSkew.Example)},
	}
	for _, by := range counted.Orphans.By {
		quality.Orphans.By = append(quality.Orphans.By, OrphanCount{by, examples.summary(by.Example)})
	}
	for _, conflict := range counted.Conflicts {
		quality.Conflicts = append(quality.Conflicts, ConflictCount{conflict, examples.summary(conflict.Example)})
	}
	return quality
}

// Example is the latest of these flows.
func (c OrphanCount) Example(ctx context.Context) (*LoginFlow, error) { return c.example.read(ctx) }

// Example is the latest of these flows.
func (c ConflictCount) Example(ctx context.Context) (*LoginFlow, error) { return c.example.read(ctx) }

// Example is the flow in which clocks differ most.
func (c ClockSkew) Example(ctx context.Context) (*LoginFlow, error) { return c.example.read(ctx) }
