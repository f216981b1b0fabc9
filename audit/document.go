package audit

import (
	"iter"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit/internal/jsontext"
	"github.com/authtrail/authtrail/audit/query"
)

// document is a Record as the search language sees it.
type document struct{ *Record }

// Document returns the record as the search language sees it.
func (r *Record) Document() interface {
	query.Document
	query.Attributed
} {
	if r.document != nil {
		return rowDocument{r.document}
	}
	return document{r}
}

// rowDocument is a Row as the search language sees it. Rows have no attributes.
type rowDocument struct{ query.Document }

// HasAttribute implements query.Attributed.
func (rowDocument) HasAttribute(query.Attribute) bool { return false }

// Time implements query.Document.
func (d document) Time() time.Time { return d.Record.Time }

// Values returns the values of a field as they were sent, none when the record
// lacks it. The caller must not change the slice.
func (r *Record) Values(field query.Field) []string {
	if r.document != nil {
		return r.document.Values(field)
	}
	switch field {
	case query.UniqueID:
		return []string{r.UniqueID}
	case query.OrgID:
		if r.Org == "" {
			return nil
		}
		return []string{r.Org}
	case query.AttributeID, query.AttributeType, query.AttributeOrgID, query.AttributeName:
		return r.attributeValues(field)
	}
	number, ok := numberOf(field)
	if !ok || r.has>>number&1 == 0 {
		return nil
	}
	for i := range r.fields {
		if r.fields[i].number == number {
			return r.fields[i].value[:]
		}
	}
	return nil
}

func (r *Record) attributeValues(field query.Field) []string {
	var values []string
	for _, a := range r.Attributes {
		if value := a.value(field); value != "" {
			values = append(values, value)
		}
	}
	return values
}

func (a AuditAttribute) value(field query.Field) string {
	switch field {
	case query.AttributeID:
		return a.ID
	case query.AttributeType:
		return a.Type
	case query.AttributeOrgID:
		return a.OrgID
	}
	return a.Name
}

// Strings implements query.Document: the strings of the event, and the unique_id.
func (d document) Strings() iter.Seq2[string, string] {
	return func(yield func(path, value string) bool) {
		if !yield(string(query.UniqueID), d.UniqueID) {
			return
		}
		for path, text := range jsontext.Scalars("", eventOf(d.Raw)) {
			if !jsontext.IsString(text) || d.isTime(path, text) {
				continue
			}
			if !yield(path, jsontext.Unquote(text)) {
				return
			}
		}
	}
}

// isTime reports whether the string is the event's readable time, which is a
// point in time and not words.
func (d document) isTime(path, text string) bool {
	if path != "time" {
		return false
	}
	_, ok := readTime(jsontext.Unquote(text))
	return ok
}

// Extra implements query.Document.
func (d document) Extra() iter.Seq2[string, string] {
	return func(yield func(path, value string) bool) {
		for _, m := range d.extra {
			for path, text := range jsontext.Scalars(m.Name, string(m.Value)) {
				switch {
				case text == "null":
					continue
				case jsontext.IsString(text):
					text = jsontext.Unquote(text)
				}
				if !yield(path, text) {
					return
				}
			}
		}
	}
}

// HasAttribute implements query.Attributed.
func (d document) HasAttribute(want query.Attribute) bool {
	for _, a := range d.Attributes {
		if anyOf(want.Types, a.Type) && anyOf(want.IDs, a.ID) && anyOf(want.OrgIDs, a.OrgID) {
			return true
		}
	}
	return false
}

// anyOf reports whether the value is one of those wanted; none wanted means any.
func anyOf(wanted []string, value string) bool {
	return len(wanted) == 0 || slices.Contains(wanted, value)
}
