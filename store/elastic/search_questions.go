package elastic

import (
	"bytes"
	"context"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// questions are searches that are asked together, in one round trip.
type questions []question

// question is a search, and what becomes of its answer.
type question struct {
	search      dsl.Search
	take        func(*result)
	mayOverflow bool // take is given an answer of too many buckets as well
}

func (q *questions) ask(search dsl.Search, take func(*result)) {
	*q = append(*q, question{search: search, take: take})
}

// askAll asks all the questions of all partitions. It fails when one of them does.
func (s *Store) askAll(ctx context.Context, all questions) error {
	if len(all) == 0 {
		return s.askNothing(ctx)
	}
	searches := make([]dsl.Search, len(all))
	for i, question := range all {
		searches[i] = question.search
	}
	body, err := dsl.Lines(searches)
	if err != nil {
		return err
	}
	var results []result
	err = s.whenStill(ctx, func() (err error) {
		results, err = s.askOnce(ctx, body, all)
		return err
	})
	if err != nil {
		return err
	}
	for i, question := range all {
		question.take(&results[i])
	}
	return nil
}

// askOnce returns the answers to all the questions, whose searches the body has.
func (s *Store) askOnce(ctx context.Context, body []byte, all questions) ([]result, error) {
	var answer struct {
		Responses []result `json:"responses"`
	}
	request := esapi.MsearchRequest{Index: []string{s.names.records()}, Body: bytes.NewReader(body)}
	if err := s.client.do(ctx, request, &answer); err != nil {
		return nil, err
	}
	if len(answer.Responses) != len(all) {
		return nil, unavailable("Elasticsearch could answer only in part", nil)
	}
	for i, question := range all {
		result := &answer.Responses[i]
		if err := result.failure(); err != nil && !(question.mayOverflow && result.tooManyBuckets()) {
			return nil, err
		}
	}
	return answer.Responses, nil
}

// askNothing fails where asking something would.
func (s *Store) askNothing(ctx context.Context) error {
	if s.closing() {
		return errClosed()
	}
	return ctx.Err()
}
