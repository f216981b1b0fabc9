package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// section is a stretch of one shard's numbers to read, and what was found there.
type section struct {
	shard
	from, to int64 // both inclusive
	size     int   // at most so many records, the first

	hits    []feedHit
	dropped bool // there is no such index any more
}

// feedHit is a record, and the number by which the search was ordered.
type feedHit struct {
	spot
	Sort   [1]int64 `json:"sort"`
	Source source   `json:"_source"`
}

func (h feedHit) number() int64 { return h.Sort[0] }

// end returns the number to go on with after the section.
func (s section) end() int64 {
	if len(s.hits) < s.size {
		return s.to + 1
	}
	return s.hits[len(s.hits)-1].number() + 1
}

// feedHeader is the first of the two lines of a section's search.
type feedHeader struct {
	Index      string `json:"index"`
	Preference string `json:"preference,omitempty"`
	Partial    bool   `json:"allow_partial_search_results"`
}

func (s section) header() feedHeader {
	if s.origin != "" {
		return feedHeader{Index: s.index}
	}
	return feedHeader{Index: s.index, Preference: "_shards:" + strconv.Itoa(s.key.number)}
}

// search is the other line: what the shard has stored, but for copies, which are
// given under the shard that they come from.
func (s section) search(f *format) dsl.Search {
	number, which := "_seq_no", dsl.Not(dsl.Exists{Field: fieldCopied})
	if s.origin != "" {
		number, which = fieldCopiedSeq, dsl.Term{Field: fieldCopied, Value: s.origin}
	}
	return dsl.Search{
		Query: dsl.AllOf(dsl.Range{Field: number, From: s.from, To: s.to + 1}, which),
		Sort:  []dsl.Sort{{Field: number, Ascending: true}}, Size: s.size, Source: f.wholeRow(), Versions: f.replaced(),
	}
}

// feedAnswer is what one section's search found.
type feedAnswer struct {
	Status int             `json:"status"`
	Error  json.RawMessage `json:"error"`
	Shards struct {
		Total      int `json:"total"`
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
		for _, line := range []any{section.header(), section.search(s.format)} {
			if err := lines.Encode(line); err != nil {
				return fmt.Errorf("encode a search of the feed: %w", err)
			}
		}
	}
	return s.whenStill(ctx, func() error { return s.readSectionsOnce(ctx, body.Bytes(), sections) })
}

func (s *Store) readSectionsOnce(ctx context.Context, body []byte, sections []section) error {
	var answer struct {
		Responses []feedAnswer `json:"responses"`
	}
	request := esapi.MsearchRequest{Body: bytes.NewReader(body), FilterPath: []string{"responses.status", "responses.error",
		"responses.timed_out", "responses._shards", "responses.hits.hits._index", "responses.hits.hits._seq_no", "responses.hits.hits._primary_term", "responses.hits.hits.sort", "responses.hits.hits._source"}}
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
		failure := (&result{Status: answer.Status, Error: answer.Error}).failure()
		return unavailable("Elasticsearch could answer only in part", fmt.Errorf("read %s: %w", s.index, failure))
	case answer.Shards.Successful == 0 || answer.Shards.Successful != answer.Shards.Total:
		return unavailable("Elasticsearch could answer only in part",
			fmt.Errorf("read %s: %d of %d shards answered", s.index, answer.Shards.Successful, answer.Shards.Total))
	}
	s.hits = answer.Hits.Hits
	s.dropped = slices.ContainsFunc(s.hits, func(hit feedHit) bool { return hit.Index != s.index })
	return nil
}

// confirm marks the sections as dropped whose index has gone while they were
// read. Its name then stands for another: as an alias for the index that was made
// anew of it, or for a new one; and that there is nothing in that one says nothing.
func (s *Store) confirm(ctx context.Context, sections []section) error {
	var names []string
	for _, section := range sections {
		if !slices.Contains(names, section.index) {
			names = append(names, section.index)
		}
	}
	if len(names) > maxNamedIndices {
		names = nil
	}
	indices, err := s.readIndices(ctx, names...)
	if err != nil {
		return err
	}
	for i, section := range sections {
		identity, ok := indices[section.index]
		if !ok || section.origin == "" && keyOf(identity.uuid, section.key.number) != section.key {
			sections[i].dropped = true
		}
		if sections[i].dropped {
			sections[i].hits = nil
		}
	}
	return nil
}
