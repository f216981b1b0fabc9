package dsl

import "encoding/json"

// Aggregation counts documents, printed as JSON.
type Aggregation interface {
	json.Marshaler
	aggregation()
}

// Aggregations are aggregations by the names that their answers have.
type Aggregations []NamedAggregation

// NamedAggregation is an aggregation and its name.
type NamedAggregation struct {
	Name string
	Of   Aggregation
}

// MarshalJSON implements json.Marshaler.
func (a Aggregations) MarshalJSON() ([]byte, error) {
	text := []byte{'{'}
	for i, one := range a {
		member, err := of(one.Name, one.Of).MarshalJSON()
		if err != nil {
			return nil, err
		}
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, member[1:len(member)-1]...)
	}
	return append(text, '}'), nil
}

// The aggregations.
type (
	// CommonTerms counts the values of a keyword, and lists the most frequent,
	// ties by value. Every shard tells of its ShardSize most frequent.
	CommonTerms struct {
		Field     string `json:"field"`
		Size      int    `json:"size"`
		ShardSize int    `json:"shard_size"`
	}
	// Intervals counts the documents of each interval of time that has any.
	Intervals struct {
		Field    string
		Interval string // "1m"
		Inside   Aggregations
	}
	// Composite counts each combination of its sources' values, in their order,
	// and lists Size of them after After.
	Composite struct {
		Size    int             `json:"size"`
		Sources []CompositePart `json:"sources"`
		After   json.RawMessage `json:"after,omitempty"` // as the answer before gave it
	}
	// CompositePart is one source of a composite: the values of a keyword, or
	// where Interval is given the intervals of a time.
	CompositePart struct{ Name, Field, Interval string }
)

func (CommonTerms) aggregation() {}
func (Intervals) aggregation()   {}
func (Composite) aggregation()   {}

// MarshalJSON implements json.Marshaler.
func (a CommonTerms) MarshalJSON() ([]byte, error) {
	type members CommonTerms // without this method
	return of("terms", members(a)).MarshalJSON()
}

// dateHistogram is the engine's form of intervals; by itself it would list empty ones.
type dateHistogram struct {
	Field       string `json:"field"`
	Interval    string `json:"fixed_interval"`
	MinDocCount int    `json:"min_doc_count,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (a Intervals) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Histogram dateHistogram `json:"date_histogram"`
		Inside    Aggregations  `json:"aggs,omitempty"`
	}{dateHistogram{a.Field, a.Interval, 1}, a.Inside})
}

// MarshalJSON implements json.Marshaler.
func (a Composite) MarshalJSON() ([]byte, error) {
	type members Composite // without this method
	return of("composite", members(a)).MarshalJSON()
}

// MarshalJSON implements json.Marshaler.
func (p CompositePart) MarshalJSON() ([]byte, error) {
	if p.Interval != "" {
		return of(p.Name, of("date_histogram", dateHistogram{Field: p.Field, Interval: p.Interval})).MarshalJSON()
	}
	return of(p.Name, of("terms", of("field", p.Field))).MarshalJSON()
}
