package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// section is a stretch of one shard's numbers to read, and what was found there.
type section struct {
	shard
	from, to int64 // both inclusive
	size     int   // at most so many records, the first

	hits    []feedHit
	dropped bool // there is no such index any more
}

type feedHit struct {
	SeqNo  int64  `json:"_seq_no"`
	Source source `json:"_source"`
}

// end returns the number to go on with after the section.
func (s section) end() int64 {
	if len(s.hits) < s.size {
		return s.to + 1
	}
	return s.hits[len(s.hits)-1].SeqNo + 1
}

// The two lines of a section's search. Records that a reindex copied are passed
// by: they were fed where they were stored first.
type (
	feedHeader struct {
		Index      string `json:"index"`
		Preference string `json:"preference"`
		Partial    bool   `json:"allow_partial_search_results"`
	}
	feedSearch struct {
		Size       int                 `json:"size"`
		Query      feedQuery           `json:"query"`
		Sort       []map[string]string `json:"sort"`
		WithSeqNo  bool                `json:"seq_no_primary_term"`
		TrackTotal bool                `json:"track_total_hits"`
		Source     []string            `json:"_source"`
	}
	feedQuery struct {
		Bool struct {
			Filter  seqNoRange  `json:"filter"`
			MustNot fieldExists `json:"must_not"`
		} `json:"bool"`
	}
	seqNoRange struct {
		Range struct {
			SeqNo struct {
				From int64 `json:"gte"`
				To   int64 `json:"lte"`
			} `json:"_seq_no"`
		} `json:"range"`
	}
	fieldExists struct {
		Exists struct {
			Field string `json:"field"`
		} `json:"exists"`
	}
)

func (s section) header() feedHeader {
	return feedHeader{Index: s.index, Preference: "_shards:" + strconv.Itoa(s.key.number)}
}

func (s section) search() feedSearch {
	search := feedSearch{Size: s.size, Sort: []map[string]string{{"_seq_no": "asc"}}, WithSeqNo: true, Source: sourceFields}
	search.Query.Bool.Filter.Range.SeqNo.From = s.from
	search.Query.Bool.Filter.Range.SeqNo.To = s.to
	search.Query.Bool.MustNot.Exists.Field = fieldCopied
	return search
}

// feedAnswer is what one section's search found.
type feedAnswer struct {
	Status int             `json:"status"`
	Error  json.RawMessage `json:"error"`
	Shards struct {
		Successful int `json:"successful"`
	} `json:"_shards"`
	Hits struct {
		Hits []feedHit `json:"hits"`
	} `json:"hits"`
}

// readSections finds what is in the sections, in one round trip.
func (s *Store) readSections(ctx context.Context, sections []section) error {
	var body bytes.Buffer
	lines := json.NewEncoder(&body)
	for _, section := range sections {
		for _, line := range []any{section.header(), section.search()} {
			if err := lines.Encode(line); err != nil {
				return fmt.Errorf("encode a search of the feed: %w", err)
			}
		}
	}
	var answer struct {
		Responses []feedAnswer `json:"responses"`
	}
	request := esapi.MsearchRequest{Body: bytes.NewReader(body.Bytes()), FilterPath: []string{"responses.status", "responses.error",
		"responses.timed_out", "responses._shards", "responses.hits.hits._seq_no", "responses.hits.hits._source"}}
	if err := s.client.do(ctx, request, &answer); err != nil {
		return err
	}
	if len(answer.Responses) != len(sections) {
		return unavailable("Elasticsearch's answer cannot be read", fmt.Errorf("%d answers to %d searches", len(answer.Responses), len(sections)))
	}
	for i, response := range answer.Responses {
		if err := sections[i].take(response); err != nil {
			return err
		}
	}
	return nil
}

// take keeps what was found, when it is complete.
func (s *section) take(answer feedAnswer) error {
	switch {
	case answer.Status == http.StatusNotFound:
		s.dropped = true
		return nil
	case answer.Status > 299 || len(answer.Error) > 0:
		return unavailable("Elasticsearch could answer only in part", fmt.Errorf("read %s: %d %.1000s", s.index, answer.Status, answer.Error))
	case answer.Shards.Successful != 1:
		return unavailable("Elasticsearch could answer only in part", fmt.Errorf("read %s: %d shards answered", s.index, answer.Shards.Successful))
	}
	s.hits = answer.Hits.Hits
	return nil
}
