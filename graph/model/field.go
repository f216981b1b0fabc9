package model

import (
	"io"
	"strconv"
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// FacetField is a value of any of the …FacetField enums: the API name of a
// field in capitals.
type FacetField string

// Field returns the field that the enum value stands for.
func (f FacetField) Field() query.Field { return query.Field(strings.ToLower(string(f))) }

// FlowField is Field for a login flow, whose stages go by another name than the
// deprecated stage of a record.
func (f FacetField) FlowField() query.Field {
	if field := f.Field(); field != query.Stage {
		return field
	}
	return query.FlowStage
}

// MarshalGQL implements graphql.Marshaler.
func (f FacetField) MarshalGQL(w io.Writer) { writeName(w, string(f)) }

// UnmarshalGQL implements graphql.Unmarshaler; which values there are is
// validated against the schema before.
func (f *FacetField) UnmarshalGQL(value any) error { return readName(f, value) }

// FieldByName is the field of each name that filters use: `userId` for user_id.
var FieldByName = func() map[string]query.Field {
	byName := make(map[string]query.Field, len(query.Fields))
	for _, field := range query.Fields {
		byName[camelCase(string(field))] = field
	}
	return byName
}()

func camelCase(name string) string {
	words := strings.Split(name, "_")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

func writeName(w io.Writer, name string) {
	_, _ = io.WriteString(w, strconv.Quote(name)) // the response is written to memory
}

func readName[T ~string](name *T, value any) error {
	text, ok := value.(string)
	if !ok {
		return audit.Invalid("", "must be the name of an enum value")
	}
	*name = T(text)
	return nil
}
