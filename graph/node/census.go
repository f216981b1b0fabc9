package node

import (
	"context"
	"fmt"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/graph/model"
)

// census is what is counted about a list of flows. Flows are put together while
// they are read, so one pass counts everything that the query asks for.
type census struct {
	total   int
	facets  map[model.FacetField]tally
	minutes map[model.FacetField]map[int64]*bin // by the field that the histogram is split by
}

// wish is what to count.
type wish struct{ facets, splits []model.FacetField }

// unsplit is the split of a histogram without one.
const unsplit model.FacetField = ""

// wishOf returns what the selection of the field that is being resolved counts.
func wishOf(ctx context.Context) wish {
	var w wish
	if graphql.GetFieldContext(ctx) == nil {
		return w
	}
	given := graphql.GetOperationContext(ctx).Variables
	for _, field := range graphql.CollectFieldsCtx(ctx, nil) {
		switch field.Name {
		case "facets":
			w.facets = append(w.facets, fieldsIn(field.ArgumentMap(given)["fields"])...)
		case "histogram":
			split := fieldsIn(field.ArgumentMap(given)["by"])
			w.splits = append(w.splits, append(split, unsplit)[0])
		}
	}
	return w
}

// fieldsIn returns the fields of an argument: one of them, or a list.
func fieldsIn(argument any) []model.FacetField {
	switch argument := argument.(type) {
	case string:
		return []model.FacetField{model.FacetField(argument)}
	case []any:
		var fields []model.FacetField
		for _, element := range argument {
			fields = append(fields, fieldsIn(element)...)
		}
		return fields
	}
	return nil
}

func (w wish) covers(other wish) bool {
	lacks := func(have, want []model.FacetField) bool {
		return slices.ContainsFunc(want, func(field model.FacetField) bool { return !slices.Contains(have, field) })
	}
	return !lacks(w.facets, other.facets) && !lacks(w.splits, other.splits)
}

// census counts the list, together with all else that the query counts.
func (c *LoginFlowConnection) census(ctx context.Context, need wish) (*census, error) {
	if c.lists.wish.covers(need) {
		need = c.lists.wish
	}
	return once(&c.lists.memo, fmt.Sprintf("census of %d: %q", c.at, need), func() (*census, error) {
		counted := newCensus(need)
		err := c.lists.each(ctx, c.at, func(f *audit.Flow) bool {
			counted.add(f, c.lists.order.CursorAt(f).Time.Unix()/60)
			return true
		})
		return counted, err
	})
}

func newCensus(of wish) *census {
	counted := &census{facets: map[model.FacetField]tally{}, minutes: map[model.FacetField]map[int64]*bin{}}
	for _, field := range of.facets {
		counted.facets[field] = tally{}
	}
	for _, split := range of.splits {
		counted.minutes[split] = map[int64]*bin{}
	}
	return counted
}

func (c *census) add(f *audit.Flow, minute int64) {
	c.total++
	for field, values := range c.facets {
		values.add(f, field.FlowField())
	}
	for split, minutes := range c.minutes {
		if minutes[minute] == nil {
			minutes[minute] = &bin{values: tally{}}
		}
		minutes[minute].count++
		if split != unsplit {
			minutes[minute].values.add(f, split.FlowField())
		}
	}
}
