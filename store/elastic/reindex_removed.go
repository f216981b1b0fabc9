package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// copiesAtOnce is how many copies are compared with what they are of at once.
const copiesAtOnce = 2_000

// removeGone removes the copies of rows that were removed since they were copied:
// that a document is gone cannot be read. Nothing is written to the old index meanwhile.
func (r *rebuilding) removeGone(ctx context.Context) error {
	search := dsl.Search{Query: dsl.All{}, Size: copiesAtOnce, Sort: []dsl.Sort{{Field: fieldTime, Format: timeParser}, {Field: fieldTie}}}
	for {
		ids, last, err := r.copies(ctx, search)
		if err != nil || len(ids) == 0 {
			return err
		}
		gone, err := r.gone(ctx, ids)
		if err != nil {
			return err
		}
		if err := r.remove(ctx, gone); err != nil {
			return err
		}
		search.After = last
	}
}

// copies returns the ids of the next copies, and the place of the last.
func (r *rebuilding) copies(ctx context.Context, search dsl.Search) (ids []string, last []any, err error) {
	var answer struct {
		Hits struct {
			Hits []struct {
				ID   string `json:"_id"`
				Sort []any  `json:"sort"`
			} `json:"hits"`
		} `json:"hits"`
	}
	request := esapi.SearchRequest{Index: []string{r.target}, Body: jsonBody(search), AllowPartialSearchResults: no}
	if err := r.store.client.do(ctx, request, &answer); err != nil {
		return nil, nil, fmt.Errorf("list the copies: %w", err)
	}
	for _, hit := range answer.Hits.Hits {
		ids, last = append(ids, hit.ID), hit.Sort
	}
	return ids, last, nil
}

// gone returns those of the ids that the old index has no longer.
func (r *rebuilding) gone(ctx context.Context, ids []string) (gone []string, err error) {
	var answer struct {
		Docs []struct {
			ID    string          `json:"_id"`
			Found bool            `json:"found"`
			Error json.RawMessage `json:"error"`
		} `json:"docs"`
	}
	body := jsonBody(struct {
		IDs []string `json:"ids"`
	}{ids})
	request := esapi.MgetRequest{Index: r.source, Body: body, Source: []string{"false"}}
	if err := r.store.client.do(ctx, request, &answer); err != nil {
		return nil, fmt.Errorf("look for removed rows: %w", err)
	}
	if len(answer.Docs) != len(ids) {
		return nil, unavailable("Elasticsearch could answer only in part", nil)
	}
	for _, doc := range answer.Docs {
		if len(doc.Error) > 0 {
			return nil, unavailable("Elasticsearch could answer only in part", fmt.Errorf("look for a removed row: %s", bytes.TrimSpace(doc.Error)))
		}
		if !doc.Found {
			gone = append(gone, doc.ID)
		}
	}
	return gone, nil
}

// remove removes copies.
func (r *rebuilding) remove(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	removed := bulk{format: r.store.format}
	for i, id := range ids {
		removed.add(i, action{verb: remove, index: r.store.names.copier(r.stretch), id: id}, nil, origin{})
	}
	var refused error
	err := r.store.sendBulk(ctx, &removed, func(_ bulkItem, outcome audit.Outcome) {
		if outcome.Status == audit.Rejected {
			refused = fmt.Errorf("%s", outcome.Reason)
		}
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return fmt.Errorf("remove copies: %w", err)
	}
	return nil
}
