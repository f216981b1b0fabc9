// Package dsl is the small part of Elasticsearch's query language that the
// store speaks, as types that print its JSON. Nothing here knows the store's fields.
package dsl

import (
	"encoding/json"
	"strings"
)

// Query is a condition on documents, printed as JSON.
type Query interface {
	json.Marshaler
	query()
}

// The conditions.
type (
	// All holds for every document.
	All struct{}
	// None holds for none.
	None struct{}
	// Term holds when the field has the value.
	Term struct{ Field, Value string }
	// Terms holds when the field has one of the values.
	Terms struct {
		Field  string
		Values []string
	}
	// Prefix holds when a term of the field begins so.
	Prefix struct{ Field, Value string }
	// Exists holds when the field has a value.
	Exists struct{ Field string }
	// Range holds when From <= value < To. A bound that is nil is open.
	Range struct {
		Field    string
		From, To any
	}
	// Phrase holds when the words stand next to each other, in this order. Where
	// Expansions is not 0 the last word need only begin a word, one of the first
	// so many that begin so.
	Phrase struct {
		Field      string
		Words      []string
		Expansions int
	}
	// Bool combines conditions. Without Must and Filter, one that Should hold must.
	Bool struct {
		Must    []Query `json:"must,omitempty"`
		Filter  []Query `json:"filter,omitempty"`
		Should  []Query `json:"should,omitempty"`
		MustNot []Query `json:"must_not,omitempty"`
	}
)

func (All) query()    {}
func (None) query()   {}
func (Term) query()   {}
func (Terms) query()  {}
func (Prefix) query() {}
func (Exists) query() {}
func (Range) query()  {}
func (Phrase) query() {}
func (Bool) query()   {}

// named is an object with one member.
type named[T any] struct {
	name  string
	value T
}

func of[T any](name string, value T) named[T] { return named[T]{name, value} }

// MarshalJSON implements json.Marshaler.
func (n named[T]) MarshalJSON() ([]byte, error) {
	name, err := json.Marshal(n.name)
	if err != nil {
		return nil, err
	}
	value, err := json.Marshal(n.value)
	if err != nil {
		return nil, err
	}
	text := append(append(append([]byte{'{'}, name...), ':'), value...)
	return append(text, '}'), nil
}

type empty struct{}

// MarshalJSON implements json.Marshaler.
func (All) MarshalJSON() ([]byte, error) { return of("match_all", empty{}).MarshalJSON() }

// MarshalJSON implements json.Marshaler.
func (None) MarshalJSON() ([]byte, error) { return of("match_none", empty{}).MarshalJSON() }

// MarshalJSON implements json.Marshaler.
func (q Term) MarshalJSON() ([]byte, error) {
	return of("term", of(q.Field, q.Value)).MarshalJSON()
}

// MarshalJSON implements json.Marshaler.
func (q Terms) MarshalJSON() ([]byte, error) {
	return of("terms", of(q.Field, q.Values)).MarshalJSON()
}

// MarshalJSON implements json.Marshaler.
func (q Prefix) MarshalJSON() ([]byte, error) {
	return of("prefix", of(q.Field, of("value", q.Value))).MarshalJSON()
}

// MarshalJSON implements json.Marshaler.
func (q Exists) MarshalJSON() ([]byte, error) {
	return of("exists", of("field", q.Field)).MarshalJSON()
}

// MarshalJSON implements json.Marshaler.
func (q Range) MarshalJSON() ([]byte, error) {
	bounds := struct {
		From any `json:"gte,omitempty"`
		To   any `json:"lt,omitempty"`
	}{q.From, q.To}
	return of("range", of(q.Field, bounds)).MarshalJSON()
}

// MarshalJSON implements json.Marshaler.
func (q Phrase) MarshalJSON() ([]byte, error) {
	body := struct {
		Query      string `json:"query"`
		Expansions int    `json:"max_expansions,omitempty"`
	}{strings.Join(q.Words, " "), q.Expansions}
	if q.Expansions != 0 {
		return of("match_phrase_prefix", of(q.Field, body)).MarshalJSON()
	}
	return of("match_phrase", of(q.Field, body)).MarshalJSON()
}

// MarshalJSON implements json.Marshaler.
func (q Bool) MarshalJSON() ([]byte, error) {
	type members Bool // without this method
	return of("bool", members(q)).MarshalJSON()
}
