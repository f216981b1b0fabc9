package dsl

import (
	"bytes"
	"encoding/json"
)

// Search is the body of a search.
type Search struct {
	Query          Query        `json:"query,omitempty"`
	Size           int          `json:"size"`
	Sort           []Sort       `json:"sort,omitempty"`
	After          []any        `json:"search_after,omitempty"` // a value for each sort
	Source         Source       `json:"_source"`
	Versions       bool         `json:"seq_no_primary_term,omitempty"` // hits are to say where in the history of their index they are
	TrackTotalHits bool         `json:"track_total_hits"`
	Aggregations   Aggregations `json:"aggs,omitempty"`
}

// Source is the members of a document that a hit is to hold; none where empty.
type Source []string

// MarshalJSON implements json.Marshaler.
func (s Source) MarshalJSON() ([]byte, error) {
	if len(s) == 0 {
		return []byte("false"), nil
	}
	return json.Marshal([]string(s))
}

// Sort is what hits are ordered by.
type Sort struct {
	Field     string
	Ascending bool
	Format    string // of a date
	Number    bool   // a whole number, 0 where a document or a whole index has none
}

// ByScore orders hits by how well they match.
func ByScore(ascending bool) Sort { return Sort{Field: "_score", Ascending: ascending} }

// MarshalJSON implements json.Marshaler.
func (s Sort) MarshalJSON() ([]byte, error) {
	how := struct {
		Order    string `json:"order"`
		Format   string `json:"format,omitempty"`
		Missing  *int   `json:"missing,omitempty"`
		Unmapped string `json:"unmapped_type,omitempty"`
	}{Order: "desc", Format: s.Format}
	if s.Ascending {
		how.Order = "asc"
	}
	if s.Number {
		how.Missing, how.Unmapped = new(0), "long"
	}
	return of(s.Field, how).MarshalJSON()
}

// Lines returns the body of a multi-search: searches that are asked together,
// each answered wholly or with an error.
func Lines(searches []Search) ([]byte, error) {
	var body bytes.Buffer
	lines := json.NewEncoder(&body)
	for _, search := range searches {
		body.WriteString(`{"allow_partial_search_results":false}` + "\n")
		if err := lines.Encode(search); err != nil {
			return nil, err
		}
	}
	return body.Bytes(), nil
}
