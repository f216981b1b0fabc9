package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func fieldsGroup() group {
	return group{name: "every field", records: oneOfEachField, checks: []check{
		{"found by its own value and no other", checkFieldValues},
		{"found by presence", func(t testing.TB, s *subject) {
			for _, field := range query.Fields {
				s.expectMatch(t, query.Has{Field: field}, idOf(field))
				if err := s.search(where(query.Not{Node: query.Has{Field: field}})); err != nil {
					t.Error(err)
				}
			}
		}},
		{"found by words", func(t testing.TB, s *subject) {
			for _, field := range query.Fields {
				if field.Text() {
					s.expectMatch(t, query.FieldWords{Field: field, Tokens: []string{"zoe", "of"}}, idOf(field))
					s.expectMatch(t, query.FieldWords{Field: field, Tokens: []string{"zo"}, Prefix: true}, idOf(field))
				}
				s.expectMatch(t, query.Words{Tokens: query.Tokens(valueOf(field))}, idOf(field))
			}
		}},
		{"counted", func(t testing.TB, s *subject) {
			for _, field := range query.Fields {
				checkFacet(t, s, audit.FacetRequest{Query: everything, Field: field, Size: audit.MaxFacetSize})
			}
		}},
	}}
}

func idOf(field query.Field) string { return "with-" + string(field) }

// valueOf is a value that only the field's own record has.
func valueOf(field query.Field) string {
	switch field {
	case query.UniqueID:
		return idOf(field)
	case query.SourceIP:
		return "Zoë of 10.1.2.3"
	}
	return "Zoë of " + string(field)
}

// oneOfEachField has one record for each field, whose value no other record has.
func oneOfEachField() []*audit.Record {
	var records []*audit.Record
	for i, field := range query.Fields {
		at := epoch.Add(time.Duration(i%3) * time.Second)
		records = append(records, withField(field, at))
	}
	return append(records, event("with-nothing", epoch, ""))
}

// withField finds the kind of event in which the field is documented.
func withField(field query.Field, at time.Time) *audit.Record {
	if field == query.UniqueID {
		return event(idOf(field), at, "")
	}
	member := fmt.Sprintf("%q:%s", string(field), quote(valueOf(field)))
	if strings.HasPrefix(string(field), "attribute_") {
		member = fmt.Sprintf(`"audit_attributes":[{%s}]`, member)
	}
	for _, subsystem := range []string{`,"subsystem":"auth"`, `,"subsystem":"api"`, ""} {
		r := event(idOf(field), at, member+subsystem)
		if value, _ := r.Get(field); value == valueOf(field) {
			return r
		}
	}
	panic("no kind of event holds " + string(field))
}

func checkFieldValues(t testing.TB, s *subject) {
	for _, field := range query.Fields {
		value, id := valueOf(field), idOf(field)
		folded := query.Fold(value)
		for _, node := range []query.Node{
			exact(field, value),
			exact(field, "another", value, ""),
			query.ExactPrefix{Field: field, Prefix: value},
			query.ExactPrefix{Field: field, Prefix: value[:len(value)-1]},
			query.FieldValue{Field: field, Value: folded},
			query.FieldValue{Field: field, Value: folded[:5], Prefix: true},
		} {
			s.expectMatch(t, node, id)
			if err := s.search(where(query.Not{Node: node})); err != nil {
				t.Error(err)
			}
		}
		for _, node := range []query.Node{
			exact(field, strings.ToUpper(value)), exact(field, value+" "), exact(field, value[:len(value)-1]), exact(field, folded),
			query.ExactPrefix{Field: field, Prefix: value + "x"}, query.ExactPrefix{Field: field, Prefix: folded},
			query.FieldValue{Field: field, Value: folded[:len(folded)-1]}, query.FieldValue{Field: field, Value: folded + "x", Prefix: true},
		} {
			if err := s.search(where(node)); err != nil {
				t.Error(err)
			}
		}
	}
}
