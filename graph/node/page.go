package node

import (
	"context"
	"fmt"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"github.com/authtrail/authtrail/audit"
)

// DefaultPageSize is how many rows a page has unless told.
const DefaultPageSize = 50

// minPageBytes is how much the events of a page may come to, of however many lists that
// are read together.
const minPageBytes = 256 << 10

// pageBytes is how much the events of each page may come to, of so many lists that are
// read together.
func pageBytes(lists int) int {
	return max(audit.MaxPageBytes/max(lists, 1), minPageBytes)
}

// PageArgs are the paging arguments of every connection.
type PageArgs struct {
	First  *int32
	After  *string
	Last   *int32
	Before *string
}

// String tells pages apart.
func (a PageArgs) String() string {
	return fmt.Sprintf("%s %q %s %q", shown(a.First), shown(a.After), shown(a.Last), shown(a.Before))
}

func shown[T any](value *T) string {
	if value == nil {
		return "-"
	}
	return fmt.Sprint(*value)
}

// size returns how many rows are asked for, and whether from the end.
func (a PageArgs) size() (limit int, backward bool, err error) {
	switch {
	case a.First != nil && a.Last != nil:
		return 0, false, audit.Invalid("last", "give first or last, not both")
	case a.First != nil:
		limit, err = pageSize("first", *a.First)
	case a.Last != nil:
		limit, err = pageSize("last", *a.Last)
		backward = true
	default:
		limit = DefaultPageSize
	}
	return limit, backward, err
}

func pageSize(name string, size int32) (int, error) {
	if size < 1 || size > audit.MaxPageSize {
		return 0, audit.Invalid(name, "must be from 1 to %d", audit.MaxPageSize)
	}
	return int(size), nil
}

// Window returns the window of a list.
func (a PageArgs) Window() (audit.Window, error) {
	limit, backward, err := a.size()
	if err != nil {
		return audit.Window{}, err
	}
	w := audit.Window{Limit: limit, Backward: backward}
	if w.After, err = cursor("after", a.After, audit.ParseCursor); err != nil {
		return w, err
	}
	w.Before, err = cursor("before", a.Before, audit.ParseCursor)
	return w, err
}

// cursor reads the cursor of an argument; the error names the argument.
func cursor[C any](name string, text *string, parse func(string) (C, error)) (*C, error) {
	if text == nil {
		return nil, nil
	}
	parsed, err := parse(*text)
	if err != nil {
		return nil, audit.Invalid(name, "%s", audit.AsError(err).Message)
	}
	return &parsed, nil
}

// PageInfo is where a page lies in its list.
type PageInfo struct {
	HasNextPage, HasPreviousPage bool
	StartCursor, EndCursor       *string
}

// selects reports whether the field that is being resolved was asked for the member.
func selects(ctx context.Context, member string) bool {
	if graphql.GetFieldContext(ctx) == nil {
		return false
	}
	return slices.ContainsFunc(graphql.CollectFieldsCtx(ctx, nil),
		func(field graphql.CollectedField) bool { return field.Name == member })
}
