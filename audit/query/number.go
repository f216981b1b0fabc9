package query

import (
	"strconv"
	"strings"
)

// NumberRange matches when a value of the field is a number n with
// Min <= n < Max; a nil bound is open. A search over login flows writes it with
// one bound, as retries:>=2; with none it has no syntax.
type NumberRange struct {
	Field    Field
	Min, Max *int64
}

func (NumberRange) node() {}

func (n NumberRange) String() string {
	var bounds []string
	if n.Min != nil {
		bounds = append(bounds, string(n.Field)+":>="+strconv.FormatInt(*n.Min, 10))
	}
	if n.Max != nil {
		bounds = append(bounds, string(n.Field)+":<"+strconv.FormatInt(*n.Max, 10))
	}
	if len(bounds) == 0 {
		return string(n.Field) + "=any number"
	}
	return strings.Join(bounds, " ")
}

// contains reports whether a value is a decimal number in the range.
func (n NumberRange) contains(value string) bool {
	number, err := strconv.ParseInt(value, 10, 64)
	return err == nil && (n.Min == nil || number >= *n.Min) && (n.Max == nil || number < *n.Max)
}
