package elastic

import (
	"context"
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// fullNames are the values that shortened keywords stand for, by field and
// keyword. They are asked of a record that holds them.
type fullNames map[keywordOf]string

type keywordOf struct {
	field   query.Field
	keyword string
}

// need notes the shortened keywords among those that may be the most frequent.
func (n fullNames) need(field query.Field, counts tally, size int) {
	least := counts.least(size)
	for keyword, count := range counts {
		if count >= least && isShortened(keyword) {
			n[keywordOf{field, keyword}] = keyword
		}
	}
}

// askNames finds out the values that are needed: nearly always none.
func (s *Store) askNames(ctx context.Context, names fullNames) error {
	if len(names) == 0 {
		return nil
	}
	var all questions
	for of := range names {
		search := dsl.Search{Query: dsl.Term{Field: exactField(of.field), Value: of.keyword}, Size: 1, Source: s.format.wholeRow()}
		all.ask(search, func(r *result) {
			for _, h := range r.Hits.Hits {
				for _, value := range s.format.row(h).Record.Values(of.field) {
					if shortened(value) == of.keyword {
						names[of] = value
					}
				}
			}
		})
	}
	for few := range slices.Chunk(all, maxNamesAtOnce) {
		if err := s.askAll(ctx, few); err != nil {
			return err
		}
	}
	return nil
}

// maxNamesAtOnce is how many records one request asks for, each with all it holds.
const maxNamesAtOnce = 20

// first returns the most frequent values of a field, ties by value.
func (n fullNames) first(field query.Field, counts tally, size int) []audit.ValueCount {
	if len(n) == 0 {
		return counts.first(size)
	}
	full := make(tally, len(counts))
	for keyword, count := range counts {
		if name, known := n[keywordOf{field, keyword}]; known {
			keyword = name
		}
		full[keyword] = count
	}
	return full.first(size)
}
