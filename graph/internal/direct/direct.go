// Package direct is what the generated code calls in place of gqlgen's runtime
// where that does more than is needed (command shorten puts the calls there).
package direct

import (
	"bytes"
	"context"
	"io"
	"sync"

	"github.com/99designs/gqlgen/graphql"
)

// Recover makes a field null whose value could not be had without a panic, and
// tells of it as gqlgen does. It is to be deferred.
func Recover(ctx context.Context, op *graphql.OperationContext, object string, field graphql.CollectedField, value *graphql.Marshaler) {
	reason := recover()
	if reason == nil {
		return
	}
	ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: object, Field: field})
	op.Error(ctx, op.Recover(ctx, reason))
	*value = graphql.Null
}

// object is the fields of an object with their values.
type object struct {
	fields []graphql.CollectedField
	values []graphql.Marshaler
}

// Object returns what writes an object whose fields all have their values.
func Object(fields []graphql.CollectedField, set *graphql.FieldSet) graphql.Marshaler {
	return object{fields: fields, values: set.Values}
}

// MarshalGQL implements graphql.Marshaler. Of fields of one name, which several
// fragments may select, it writes the first.
func (o object) MarshalGQL(w io.Writer) {
	separator := "{"
	for i := range o.fields {
		if o.repeats(i) {
			continue
		}
		_, _ = io.WriteString(w, separator)
		separator = ","
		_, _ = io.WriteString(w, `"`)
		_, _ = io.WriteString(w, o.fields[i].Alias)
		_, _ = io.WriteString(w, `":`)
		o.values[i].MarshalGQL(w)
	}
	if len(o.fields) == 0 {
		_, _ = io.WriteString(w, separator)
	}
	_, _ = io.WriteString(w, "}")
}

func (o object) repeats(at int) bool {
	for i := range o.fields[:at] {
		if o.fields[i].Alias == o.fields[at].Alias {
			return true
		}
	}
	return false
}

// List marshals the elements of a list one after the other. What they are joined
// to is loaded for all of them at once, so that none would win time by waiting
// beside another. One that panics is null, with its error.
func List(ctx context.Context, length int, marshal func(ctx context.Context, i int) graphql.Marshaler) graphql.Array {
	list := make(graphql.Array, length)
	for i := range list {
		list[i] = element(graphql.WithFieldContext(ctx, &graphql.FieldContext{Index: &i}), i, marshal)
	}
	return list
}

func element(ctx context.Context, i int, marshal func(context.Context, int) graphql.Marshaler) (value graphql.Marshaler) {
	defer func() {
		if reason := recover(); reason != nil {
			graphql.AddError(ctx, graphql.Recover(ctx, reason))
			value = graphql.Null
		}
	}()
	return marshal(ctx, i)
}

// JSON returns what a value is written as. It grows a buffer only where no answer
// before was as long.
func JSON(value graphql.Marshaler) []byte {
	buffer := buffers.Get().(*bytes.Buffer)
	buffer.Reset()
	value.MarshalGQL(buffer)
	text := bytes.Clone(buffer.Bytes())
	if buffer.Cap() <= largestKept {
		buffers.Put(buffer)
	}
	return text
}

var buffers = sync.Pool{New: func() any { return &bytes.Buffer{} }}

// largestKept is how long an answer may be for its buffer to be kept.
const largestKept = 1 << 20
