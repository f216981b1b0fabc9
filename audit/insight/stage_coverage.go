package insight

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Records say where they are by their event name, or else by the deprecated stage.
var (
	unnamed = query.Not{Node: query.Has{Field: query.EventName}}
	nowhere = query.And{Nodes: []query.Node{unnamed, query.Not{Node: query.Has{Field: query.Stage}}}}

	stageSources = []struct {
		field query.Field
		where query.Node
	}{{query.EventName, query.All{}}, {query.Stage, unnamed}}
)

// stageCount is how many records of a stage have each id: the first number is that
// of all of them, the others are in the order of correlationIDs.
type stageCount [1 + len(correlationIDs)]int

// stageCounts counts the records of each stage.
type stageCounts struct {
	events audit.Counter
	q      QualityQuery
	counts map[string]*stageCount
}

// withID returns the query for those of a stageCount's records that it counts at an index.
func (s *stageCounts) withID(at int, where ...query.Node) audit.Query {
	if at > 0 {
		where = append(where, query.Has{Field: correlationIDs[at-1].field})
	}
	return s.q.query(audit.KindAuth, where...)
}

func (s *stageCounts) of(name string) *stageCount {
	if s.counts[name] == nil {
		s.counts[name] = &stageCount{}
	}
	return s.counts[name]
}

// readStages counts the records of each stage in three round trips: the first finds
// the stages, the second counts the ids of just these, and the third the records
// that are nowhere.
func (quality *Quality) readStages(ctx context.Context, events audit.Counter, q QualityQuery) error {
	s := &stageCounts{events: events, q: q, counts: map[string]*stageCount{}}
	names, left, err := s.names(ctx)
	if err != nil {
		return fmt.Errorf("count the records of each stage: %w", err)
	}
	if err := s.count(ctx, names); err != nil {
		return fmt.Errorf("count ids by stage: %w", err)
	}
	if err := s.countNowhere(ctx); err != nil {
		return fmt.Errorf("count ids of records without a stage: %w", err)
	}
	quality.StagesLeftOut, quality.Stages = left, s.report()
	return nil
}

// names returns the most frequent stages that each source names, and whether there are more.
func (s *stageCounts) names(ctx context.Context) (names [][]string, left bool, err error) {
	requests := make([]audit.FacetRequest, len(stageSources))
	for i, source := range stageSources {
		requests[i] = audit.FacetRequest{Query: s.withID(0, source.where), Field: source.field, Size: MaxSteps + 1}
	}
	facets, err := s.events.Facets(ctx, requests)
	if err != nil {
		return nil, false, err
	}
	names = make([][]string, len(facets))
	for i, facet := range facets {
		left = left || len(facet) > MaxSteps
		for _, value := range facet[:min(MaxSteps, len(facet))] {
			if value.Value != "" {
				names[i] = append(names[i], value.Value)
			}
		}
	}
	return names, left, nil
}

// count counts the records of the stages that each source names.
func (s *stageCounts) count(ctx context.Context, names [][]string) error {
	var requests []audit.FacetRequest
	var at []int
	for i, source := range stageSources {
		if len(names[i]) == 0 {
			continue
		}
		for id := range len(stageCount{}) {
			q := s.withID(id, source.where, query.Exact{Field: source.field, Values: names[i]})
			requests = append(requests, audit.FacetRequest{Query: q, Field: source.field, Size: len(names[i])})
			at = append(at, id)
		}
	}
	if len(requests) == 0 {
		return nil
	}
	facets, err := s.events.Facets(ctx, requests)
	if err != nil {
		return err
	}
	for i, facet := range facets {
		for _, value := range facet {
			s.of(value.Value)[at[i]] += value.Count
		}
	}
	return nil
}

// countNowhere counts the records that name no stage.
func (s *stageCounts) countNowhere(ctx context.Context) error {
	queries := make([]audit.Query, len(stageCount{}))
	for id := range queries {
		queries[id] = s.withID(id, nowhere)
	}
	counts, err := s.events.Count(ctx, queries)
	if err != nil {
		return err
	}
	if counts[0] > 0 {
		copy(s.of("")[:], counts)
	}
	return nil
}

func (s *stageCounts) report() []StageCoverage {
	var stages []StageCoverage
	for name, counts := range s.counts {
		stages = append(stages, StageCoverage{EventName: name, Coverage: coverageOf(counts[0], counts[1:])})
	}
	slices.SortFunc(stages, func(a, b StageCoverage) int {
		return cmp.Or(cmp.Compare(pipelinePlace(a.EventName), pipelinePlace(b.EventName)),
			cmp.Compare(b.Records, a.Records), cmp.Compare(a.EventName, b.EventName))
	})
	return stages
}

// pipelinePlace returns the place of a step in the pipeline; others have one behind it.
func pipelinePlace(name string) int {
	if at := slices.Index(pipeline[:], name); at >= 0 {
		return at
	}
	return len(pipeline)
}
