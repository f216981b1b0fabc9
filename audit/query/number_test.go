package query_test

import (
	"iter"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit/query"
)

// numbers is a document that holds values in one field and nothing else.
type numbers []string

func (n numbers) Values(field query.Field) []string {
	if field != "retries" {
		return nil
	}
	return n
}
func (numbers) Strings() iter.Seq2[string, string] { return func(func(string, string) bool) {} }
func (numbers) Extra() iter.Seq2[string, string]   { return func(func(string, string) bool) {} }
func (numbers) Time() time.Time                    { return time.Time{} }

func TestNumberRangesHoldTheirLowerBoundAndNotTheirUpper(t *testing.T) {
	t.Parallel()
	minus, two, ten := int64(-1), int64(2), int64(10)
	for name, c := range map[string]struct {
		of    query.NumberRange
		value string
		want  bool
	}{
		"lower bound":       {query.NumberRange{Min: &two, Max: &ten}, "2", true},
		"below":             {query.NumberRange{Min: &two, Max: &ten}, "1", false},
		"numbers, no texts": {query.NumberRange{Min: &two}, "10", true},
		"upper bound":       {query.NumberRange{Min: &two, Max: &ten}, "10", false},
		"below the upper":   {query.NumberRange{Max: &ten}, "9", true},
		"negative":          {query.NumberRange{Min: &minus, Max: &two}, "-1", true},
		"open":              {query.NumberRange{}, "7", true},
		"no number":         {query.NumberRange{}, "seven", false},
		"too large":         {query.NumberRange{}, "99999999999999999999", false},
	} {
		c.of.Field = "retries"
		if query.Match(c.of, numbers{"x", c.value}) != c.want {
			t.Errorf("%s: %s of %q is not %t", name, c.of, c.value, c.want)
		}
	}
	if query.Match(query.NumberRange{Field: "retries"}, numbers{}) {
		t.Error("nothing is in a range")
	}
}

func TestNumberRangesPrintReadably(t *testing.T) {
	t.Parallel()
	two, ten := int64(2), int64(10)
	for want, n := range map[string]query.Node{
		"retries:>=2 retries:<10": query.NumberRange{Field: "retries", Min: &two, Max: &ten},
		"retries:<10":             query.NumberRange{Field: "retries", Max: &ten},
		"retries=any number":      query.NumberRange{Field: "retries"},
	} {
		if n.String() != want {
			t.Errorf("%q, want %q", n.String(), want)
		}
	}
}
