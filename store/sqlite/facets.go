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
	for i, request := range requests {
		counts, err := s.facet(ctx, request)
		if err != nil {
			return nil, s.failed(ctx, "count values", err)
		}
		facets[i] = counts.first(request.Size)
	}
	return facets, nil
}

func (s *Store) facet(ctx context.Context, request audit.FacetRequest) (valueCounts, error) {
	if s.closing() {
		return nil, errClosed()
	}
	p := planFor(s.terms, request.Query.Scope, request.Query.Kinds, request.Query.Where)
	for {
		spill := s.spill.Load()
		counts := valueCounts{}
		first, last := p.span.rows(spill)
		err := s.each(ctx, &p, first, last, func(f *found) error {
			values, err := s.values(f, request.Field)
			counts.add(values)
			return err
		})
		if err != nil || s.spill.Load() == spill {
			return counts, err
		}
	}
}

// values returns a row's values of a field; the record is read only where the row does not know.
func (s *Store) values(f *found, field query.Field) ([]string, error) {
	switch field {
	case query.UniqueID:
		return []string{f.row.uid}, nil
	case query.OrgID:
		if f.row.org == "" {
			return nil, nil
		}
		return []string{f.row.org}, nil
	}
	if f.record == nil {
		var err error
		if f.record, err = s.record(f.row); err != nil {
			return nil, err
		}
	}
	return f.record.Values(field), nil
}

// valueCounts is how many records hold each value.
type valueCounts map[string]int

// add counts one record: once for each different value.
func (c valueCounts) add(values []string) {
	for i, value := range values {
		if !slices.Contains(values[:i], value) {
			c[value]++
		}
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
