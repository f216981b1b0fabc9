package elastic

import (
	"context"
	"fmt"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

// registrySearch is the body of a search in the registry.
type registrySearch struct {
	Size       int           `json:"size"`
	Query      registryQuery `json:"query"`
	Sort       []string      `json:"sort"`
	After      []string      `json:"search_after,omitempty"`
	WithSeqNo  bool          `json:"seq_no_primary_term"`
	TrackTotal bool          `json:"track_total_hits"`
}

type registryQuery struct {
	Bool struct {
		Filter []any `json:"filter"`
	} `json:"bool"`
}

type (
	kindTerm struct {
		Term struct {
			Kind string `json:"kind"`
		} `json:"term"`
	}
	orgTerms struct {
		Terms struct {
			Org []string `json:"org"`
		} `json:"terms"`
	}
)

func newRegistrySearch(q audit.EntryQuery) registrySearch {
	search := registrySearch{Size: q.Limit, Sort: []string{"org", "id"}, WithSeqNo: true}
	var kind kindTerm
	kind.Term.Kind = q.Kind
	search.Query.Bool.Filter = append(search.Query.Bool.Filter, kind)
	if !q.Scope.All() {
		var orgs orgTerms
		orgs.Terms.Org = q.Scope.List()
		search.Query.Bool.Filter = append(search.Query.Bool.Filter, orgs)
	}
	if q.After != (audit.EntryKey{}) {
		search.After = []string{q.After.Org, q.After.ID}
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
