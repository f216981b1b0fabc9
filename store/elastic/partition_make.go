package elastic

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// Left to itself, the engine makes an index of any name that is written to. Without
// the template, were it deleted, nothing in that one would ever be found; and many
// clusters do not make any. So writers require the alias of a partition to be
// there, and make what is missing themselves.

// missingAlias is the engine's word for it.
const missingAlias = "index_not_found_exception"

// makeMissing makes the partitions that records could not be written to.
func (s *Store) makeMissing(ctx context.Context, aliases []string) error {
	slices.Sort(aliases)
	for _, alias := range slices.Compact(aliases) {
		stretch, isWriters := strings.CutPrefix(alias, s.names.writers(""))
		if !isWriters {
			return fmt.Errorf("the index %s is gone", alias)
		}
		if err := s.restoreTemplate(ctx); err != nil {
			return err
		}
		if err := s.makePartition(ctx, stretch); err != nil {
			return err
		}
	}
	return nil
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
// with the alias for its writers. It may be there: another process made it.
func (s *Store) makePartition(ctx context.Context, stretch string) error {
	body := struct {
		Aliases map[string]struct{} `json:"aliases"`
	}{map[string]struct{}{s.names.writers(stretch): {}}}
	err := s.client.do(ctx, esapi.IndicesCreateRequest{Index: s.names.partition(stretch), Body: jsonBody(body)}, nil)
	if err != nil && !alreadyExists(err) {
		return fmt.Errorf("make the partition %s: %w", s.names.partition(stretch), err)
	}
	return nil
}
