package elastic

import (
	"context"
	"fmt"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// newRegistrySearch is the body of a search in the registry.
func newRegistrySearch(q audit.EntryQuery) dsl.Search {
	search := dsl.Search{
		Query: dsl.Term{Field: "kind", Value: q.Kind}, Size: q.Limit, Source: dsl.Source{"kind", "org", "id", "body"}, Versions: true,
		Sort: []dsl.Sort{{Field: "org", Ascending: true}, {Field: "id", Ascending: true}},
	}
	if !q.Scope.All() {
		search.Query = dsl.AllOf(search.Query, dsl.Terms{Field: "org", Values: q.Scope.List()})
	}
	if q.After != (audit.EntryKey{}) {
		search.After = []any{q.After.Org, q.After.ID}
	}
	return search
}

// List implements audit.Registry. It refreshes the index before it searches, so
// that it sees what any process was told is there.
func (s *Store) List(ctx context.Context, q audit.EntryQuery) ([]audit.Entry, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	if err := s.makeRegistry(ctx); err != nil {
		return nil, err
	}
	index := []string{s.names.registry()}
	if err := s.client.do(ctx, esapi.IndicesRefreshRequest{Index: index}, nil); err != nil {
		return nil, fmt.Errorf("list each %s: %w", q.Kind, s.withoutRegistry(err))
	}
	var answer struct {
		Hits struct {
			Hits []registryHit `json:"hits"`
		} `json:"hits"`
	}
	request := esapi.SearchRequest{Index: index, Body: jsonBody(newRegistrySearch(q)), AllowPartialSearchResults: no}
	if err := s.client.do(ctx, request, &answer); err != nil {
		return nil, fmt.Errorf("list each %s: %w", q.Kind, err)
	}
	var entries []audit.Entry
	for _, hit := range answer.Hits.Hits {
		entries = append(entries, hit.entry())
	}
	return entries, nil
}
