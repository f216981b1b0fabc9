package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// result is the engine's answer to one search.
type result struct {
	Hits struct {
		Total struct {
			Value int `json:"value"`
		} `json:"total"`
		Hits []hit `json:"hits"`
	} `json:"hits"`
	Aggregations counted `json:"aggregations"`

	// Of one search among several.
	Status int             `json:"status"`
	Error  json.RawMessage `json:"error"`
}

// hit is one document found.
type hit struct {
	spot
	Score  float32 `json:"_score"` // 0 unless sorted by it
	Source source  `json:"_source"`
}

func (f *format) row(h hit) audit.Hit {
	return audit.Hit{Record: f.record(h.spot, h.Source), Score: float64(h.Score)}
}

// failure returns why one search among several has no answer, nil when it has.
func (r *result) failure() error {
	if len(r.Error) == 0 {
		return nil
	}
	body, err := json.Marshal(struct {
		Error json.RawMessage `json:"error"`
	}{r.Error})
	if err != nil {
		return err
	}
	failure := readFailure(r.Status, body)
	if r.Status == http.StatusTooManyRequests || r.Status >= http.StatusInternalServerError {
		return unavailable("Elasticsearch cannot answer now", failure)
	}
	return answered(explained(failure))
}

// tooManyBuckets reports whether an aggregation had more to tell than the engine allows.
func (r *result) tooManyBuckets() bool {
	return strings.Contains(string(r.Error), "too_many_buckets_exception")
}

// byScore makes the scores of all shards comparable.
const byScore = "dfs_query_then_fetch"

// ask asks one search of all partitions.
func (s *Store) ask(ctx context.Context, search dsl.Search, searchType string) (*result, error) {
	body, err := json.Marshal(search)
	if err != nil {
		return nil, err
	}
	answer := new(result)
	request := esapi.SearchRequest{
		Index: []string{s.names.records()}, SearchType: searchType, AllowPartialSearchResults: no,
	}
	err = s.whenStill(ctx, func() error {
		request.Body = bytes.NewReader(body)
		return answered(s.client.do(ctx, request, answer))
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}
