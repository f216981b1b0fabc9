package audit

import (
	"testing"

	"github.com/authtrail/authtrail/audit/query"
)

func TestFieldsHaveTheNumbersOfTheirPlaces(t *testing.T) {
	t.Parallel()
	for i, field := range query.Fields {
		if number, ok := numberOf(field); !ok || int(number) != i {
			t.Errorf("%s has the number %d, %v; want %d", field, number, ok, i)
		}
	}
	others := append([]query.Field{"", "x", "user_ix", "subsyste", "unique_id2"}, query.FlowFields...)
	for _, field := range others {
		if number, ok := numberOf(field); ok {
			t.Errorf("%q has the number %d, and is no field of events", field, number)
		}
	}
}

func BenchmarkNumberOf(b *testing.B) {
	for b.Loop() {
		for _, field := range query.Fields {
			numberOf(field)
		}
	}
}
