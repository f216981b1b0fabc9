package sqlite

import (
	"cmp"
	"context"
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Facets implements audit.Counter.
func (s *Store) Facets(ctx context.Context, requests []audit.FacetRequest) ([][]audit.ValueCount, error) {
	for _, request := range requests {
		if err := request.Validate(); err != nil {
			return nil, err
		}
	}
	facets := make([][]audit.ValueCount, len(requests))
	err := s.counting(ctx, "count values", func(v *snapshot) error {
		for i, request := range requests {
			p := planFor(s.terms, request.Query.Scope, request.Query.Kinds, request.Query.Where)
			counts := valueCounts{}
			for _, part := range p.parts() {
				some, err := v.facet(ctx, part, request.Field)
				if err != nil {
					return err
				}
				counts.merge(some)
			}
			facets[i] = counts.first(request.Size)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return facets, nil
}

// facet counts a field's values: in the index, if all of them are known and not
// more than the records that match, else by looking at each record.
func (v *snapshot) facet(ctx context.Context, p *plan, field query.Field) (valueCounts, error) {
	known, listed, err := v.knownValues(ctx, field)
	if err != nil {
		return nil, err
	}
	if listed {
		worth, err := v.indexIsWorth(ctx, p, len(known))
		if err != nil {
			return nil, err
		}
		if worth {
			return v.facetOf(ctx, p, known)
		}
	}
	counts := valueCounts{}
	err = v.each(ctx, p, func(f *found) error {
		values, err := v.values(ctx, f, field)
		counts.add(values)
		return err
	})
	return counts, err
}

// facetOf counts known values in the index.
func (v *snapshot) facetOf(ctx context.Context, p *plan, known []knownValue) (valueCounts, error) {
	counts := valueCounts{}
	for _, k := range known {
		n, err := v.count(ctx, p.with(k.term))
		if err != nil {
			return nil, err
		}
		if n > 0 {
			counts[k.value] = n
		}
	}
	return counts, nil
}

// values returns a row's values of a field; the record is read only where the row does not know.
func (v *snapshot) values(ctx context.Context, f *found, field query.Field) ([]string, error) {
	switch {
	case field == query.UniqueID && !v.layout.rows:
		return []string{f.row.uid}, nil
	case field == query.OrgID:
		if f.row.org == "" {
			return nil, nil
		}
		return []string{f.row.org}, nil
	}
	if err := v.read(ctx, v.tx, f, v.layout.inHead[field]); err != nil {
		return nil, err
	}
	return f.record.Values(field), nil
}

// valueCounts is how many records hold each value.
type valueCounts map[string]int

// add counts one record: once for each different value.
func (c valueCounts) add(values []string) {
	if len(values) > 1 {
		values = slices.Clone(values)
		slices.Sort(values)
		values = slices.Compact(values)
	}
	for _, value := range values {
		c[value]++
	}
}

// merge counts what was counted of other records.
func (c valueCounts) merge(others valueCounts) {
	for value, count := range others {
		c[value] += count
	}
}

// first returns the most frequent values, ties by value.
func (c valueCounts) first(size int) []audit.ValueCount {
	counts := make([]audit.ValueCount, 0, len(c))
	for value, count := range c {
		counts = append(counts, audit.ValueCount{Value: value, Count: count})
	}
	slices.SortFunc(counts, func(a, b audit.ValueCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return slices.Clip(counts[:min(size, len(counts))])
}
