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
	wanted := make([]string, 0, len(f.Kinds))
	for _, kind := range f.Kinds {
		if slices.Contains(kinds, kind) {
			wanted = append(wanted, strconv.Itoa(int(kind)))
		}
	}
	if len(kinds) == 0 || len(wanted) == len(f.Kinds) {
		return dsl.All{}
	}
	return anyValue(fieldKind, wanted)
}
