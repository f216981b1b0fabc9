package elastic

import (
	"context"
	"fmt"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// How many values each shard tells of at first. Where some shard has more, the
// most frequent of all are not known by it, and every value is counted.
const (
	facetShardSize = 5_000
	byShardSize    = 1_000 // for each interval of a histogram
)

// Facets implements audit.Counter.
func (s *Store) Facets(ctx context.Context, requests []audit.FacetRequest) ([][]audit.ValueCount, error) {
	queries := make([]audit.Query, len(requests))
	for i, request := range requests {
		if err := request.Validate(); err != nil {
			return nil, err
		}
		queries[i] = request.Query
	}
	facets, err := whenSeen(ctx, s, queries, func() ([][]audit.ValueCount, error) { return s.facets(ctx, requests) })
	if err != nil {
		return nil, fmt.Errorf("count values: %w", err)
	}
	return facets, nil
}

func (s *Store) facets(ctx context.Context, requests []audit.FacetRequest) ([][]audit.ValueCount, error) {
	plans := make([]plan, len(requests))
	common := make([]commonTerms, len(requests))
	var all questions
	for i, r := range requests {
		plans[i] = s.format.planFor(r.Query)
		if plans[i].verify {
			continue
		}
		values := commonValues(r.Field, r.Size, facetShardSize)
		all.ask(dsl.Search{Query: plans[i].filter, Aggregations: values}, func(r *result) { common[i] = r.Aggregations.Values })
	}
	if err := s.askAll(ctx, all); err != nil {
		return nil, err
	}
	tallies := make([]tally, len(requests))
	names := fullNames{}
	for i, r := range requests {
		tallies[i] = common[i].counts()
		if plans[i].verify || !common[i].exact(r.Size) {
			var err error
			if tallies[i], err = s.allValues(ctx, r, plans[i]); err != nil {
				return nil, err
			}
		}
		names.need(r.Field, tallies[i], r.Size)
	}
	if err := s.askNames(ctx, names); err != nil {
		return nil, err
	}
	facets := make([][]audit.ValueCount, len(requests))
	for i, r := range requests {
		facets[i] = names.first(r.Field, tallies[i], r.Size)
	}
	return facets, nil
}

func commonValues(field query.Field, size, shardSize int) dsl.Aggregations {
	return dsl.Aggregations{{Name: valuesName, Of: dsl.CommonTerms{Field: exactField(field), Size: size, ShardSize: shardSize}}}
}

// allValues counts every value there is.
func (s *Store) allValues(ctx context.Context, r audit.FacetRequest, p plan) (tally, error) {
	counts := tally{}
	if p.verify {
		err := s.each(ctx, r.Query, p, func(record *audit.Record) { counts.add(record.Values(r.Field)) })
		return counts, err
	}
	parts := []dsl.CompositePart{{Name: valueName, Field: exactField(r.Field)}}
	err := s.eachPair(ctx, p.filter, parts, func(pair pairCount) { counts.put(pair.Key.Value, pair.Count, r.Size) })
	return counts, err
}

// pairsPage is how many of a composite's combinations are asked for at once; the
// engine allows 65,536 unless it is told otherwise.
const pairsPage = 10_000

// eachPair calls visit with every combination of the parts among the records that a filter finds.
func (s *Store) eachPair(ctx context.Context, filter dsl.Query, parts []dsl.CompositePart, visit func(pairCount)) error {
	asked := dsl.Composite{Size: pairsPage, Sources: parts}
	for {
		search := dsl.Search{Query: filter, Aggregations: dsl.Aggregations{{Name: pairsName, Of: asked}}}
		answer, err := s.ask(ctx, search, "")
		if err != nil {
			return err
		}
		pairs := answer.Aggregations.Pairs
		for _, pair := range pairs.Buckets {
			visit(pair)
		}
		if len(pairs.Buckets) < pairsPage {
			return nil
		}
		asked.After = pairs.After
	}
}
