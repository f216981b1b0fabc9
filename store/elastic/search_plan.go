package elastic

import (
	"slices"
	"strconv"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// plan is how the engine is asked for a query's records.
type plan struct {
	filter dsl.Query // every record that matches is among those that it finds
	verify bool      // whether others may be as well
}

func (f *format) planFor(q audit.Query) plan {
	where := f.compile(q.Where)
	return plan{filter: dsl.AllOf(scopeFilter(q.Scope), f.kindFilter(q.Kinds), where.over), verify: !where.exact}
}

func scopeFilter(scope audit.Scope) dsl.Query {
	if scope.All() {
		return dsl.All{}
	}
	orgs := make([]string, len(scope.List()))
	for i, org := range scope.List() {
		orgs[i] = shortened(org)
	}
	return anyValue(fieldOrg, orgs)
}

func (f *format) kindFilter(kinds []audit.Kind) dsl.Query {
	asked := audit.Query{Kinds: kinds}
	var wanted, others []audit.Kind
	for _, kind := range slices.Concat(f.Kinds, f.Apart) {
		if asked.Wants(kind, f.Format) {
			wanted = append(wanted, kind)
		} else {
			others = append(others, kind)
		}
	}
	switch {
	case len(others) == 0:
		return dsl.All{}
	case slices.Equal(others, f.Apart): // they are few, if there are any
		return dsl.Not(anyValue(fieldKind, numbersOf(others)))
	}
	return anyValue(fieldKind, numbersOf(wanted))
}

// numbersOf returns kinds as documents have them.
func numbersOf(kinds []audit.Kind) []string {
	numbers := make([]string, len(kinds))
	for i, kind := range kinds {
		numbers[i] = strconv.Itoa(int(kind))
	}
	return numbers
}
