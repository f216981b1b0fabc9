package elastic

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// Left to itself, the engine makes an index of any name that is written to. Without
// the template, were it deleted, nothing in that one would ever be found; and many
// clusters do not make any. So writers require the alias of a partition to be
// there, and make what is missing themselves.

// missingAlias is the engine's word for it.
const missingAlias = "index_not_found_exception"

// makeMissing makes the partitions that records could not be written to, at the
// same time: old records are of many.
func (s *Store) makeMissing(ctx context.Context, aliases []string) error {
	if len(aliases) == 0 {
		return nil
	}
	if err := s.restoreTemplate(ctx); err != nil {
		return err
	}
	aliases = slices.Compact(slices.Sorted(slices.Values(aliases)))
	failures := make([]error, len(aliases))
	var group sync.WaitGroup
	for i, alias := range aliases {
		group.Go(func() { failures[i] = s.makeFor(ctx, alias) })
	}
	group.Wait()
	return errors.Join(failures...)
}

func (s *Store) makeFor(ctx context.Context, alias string) error {
	stretch, isWriters := strings.CutPrefix(alias, s.names.writers(""))
	if !isWriters {
		return fmt.Errorf("the index %s is gone", alias)
	}
	return s.makePartition(ctx, stretch)
}

// restoreTemplate installs the template where it is gone.
func (s *Store) restoreTemplate(ctx context.Context) error {
	err := s.client.do(ctx, esapi.IndicesExistsIndexTemplateRequest{Name: s.names.records()}, nil)
	if hasStatus(err, http.StatusNotFound) {
		s.log.ErrorContext(ctx, "the index template was deleted; installing it again", "template", s.names.records())
		return s.installTemplate(ctx)
	}
	if err != nil {
		return fmt.Errorf("look for the index template: %w", err)
	}
	return nil
}

// makePartition makes the index of a stretch of time, as the template has it,
// with the aliases for its writers. It may be there: another process made it.
func (s *Store) makePartition(ctx context.Context, stretch string) error {
	index := s.names.partition(stretch)
	body := struct {
		Aliases map[string]struct{} `json:"aliases"`
	}{map[string]struct{}{s.names.writers(stretch): {}}}
	s.aliasItself(index, body.Aliases)
	err := s.client.do(ctx, esapi.IndicesCreateRequest{Index: index, Body: jsonBody(body)}, nil)
	switch {
	case err == nil, alreadyExists(err):
		return nil
	case hasStatus(err, http.StatusBadRequest): // as when its nodes hold too many shards
		return unavailable("Elasticsearch does not make a partition", err)
	}
	return fmt.Errorf("make the partition %s: %w", index, err)
}

// aliasItself adds the alias by which rows of the index are replaced, where they are.
func (s *Store) aliasItself(index string, aliases map[string]struct{}) {
	if alias, known := s.names.itself(index); known && s.format.replaced() {
		aliases[alias] = struct{}{}
	}
}
