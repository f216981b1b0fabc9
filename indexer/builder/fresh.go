package builder

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
)

const (
	// manyRecords is for how many records it is worth while to ask which of their
	// ids are on no others.
	manyRecords = 50
	// maxTogether is how many values are asked for at once.
	maxTogether = 2_000
	// maxOthers is how many other records with these ids are read before they are
	// taken for too many; fewer where they are so large that pages end early.
	maxOthers = 4 * audit.MaxPageSize
)

// maybe reports whether a record may have had an id before those at hand, so that
// it must be looked up.
func (t *term) maybe(org string, id flow.ID) bool {
	if t.seen != nil {
		return t.seen.maybe(org, id)
	}
	return !t.fresh[orgID{org, id}]
}

// findFresh finds the ids of many records that no others have: a question or two
// for each kind of id, where looking them up takes one for each id. (Where the builder is
// alone, it recalls what it has seen, see recall; elsewhere it relies on what it has seen
// until that is too much to tell.) Others may come in meanwhile; then they come in
// their turn.
func (t *term) findFresh(ctx context.Context, records []*audit.Record) error {
	t.fresh = nil
	if t.seen != nil && t.seen.full() && !t.options.Alone {
		t.seen = nil
	}
	if t.seen != nil || t.options.Alone || len(records) < manyRecords {
		return nil
	}
	other := none(records)
	if other == nil {
		return nil
	}
	fresh := map[orgID]bool{}
	for _, r := range records {
		if r.Kind == audit.KindAuth {
			fresh[orgID{r.Org, flow.ID{Field: query.UniqueID, Value: r.UniqueID}}] = true
		}
	}
	for _, field := range idFields {
		for chunk := range slices.Chunk(valuesOf(records, field), maxTogether) {
			others, err := t.others(ctx, field, chunk, other)
			if err != nil {
				return fmt.Errorf("search records by %s: %w", field, err)
			}
			noteFresh(fresh, records, field, chunk, others)
		}
	}
	t.fresh = fresh
	return nil
}

// maxOrgs is of how many orgs records are told apart from others in one question.
const maxOrgs = 200

// none returns what holds for no record of a batch, and for all others; nil where
// that is too much to say.
func none(records []*audit.Record) query.Node {
	byOrg := map[string][]string{}
	for _, r := range records {
		if r.Kind == audit.KindAuth && r.Org != "" { // without an org, they count as others
			byOrg[r.Org] = append(byOrg[r.Org], r.UniqueID)
		}
	}
	if len(byOrg) == 0 || len(byOrg) > maxOrgs {
		return nil
	}
	var some []query.Node
	for _, org := range slices.Sorted(maps.Keys(byOrg)) {
		some = append(some, query.AllOf(query.Exact{Field: query.OrgID, Values: []string{org}}, query.Exact{Field: query.UniqueID, Values: byOrg[org]}))
	}
	return query.Not{Node: query.AnyOf(some...)}
}

// valuesOf returns the different values of a field of auth records, sorted.
func valuesOf(records []*audit.Record, field query.Field) []string {
	var values []string
	for _, r := range records {
		if value, _ := r.Get(field); value != "" && r.Kind == audit.KindAuth {
			values = append(values, value)
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// others returns which values records have for which something holds; all, where
// these are too many.
func (t *term) others(ctx context.Context, field query.Field, values []string, other query.Node) (map[string]bool, error) {
	had := map[string]bool{}
	q := audit.Query{Scope: audit.AllOrgs(), Kinds: []audit.Kind{audit.KindAuth}, Window: audit.Window{Limit: audit.MaxPageSize},
		Where: query.AllOf(query.Exact{Field: field, Values: values}, other)}
	for range maxOthers / audit.MaxPageSize {
		page, err := t.options.Records.Search(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, hit := range page.Hits {
			value, _ := hit.Record.Get(field)
			had[value] = true
		}
		if q.Window.After = endOf(page, q); q.Window.After == nil {
			return had, nil
		}
	}
	for _, value := range values {
		had[value] = true
	}
	return had, nil
}

// noteFresh notes those of some values, which are sorted, that no other record had.
func noteFresh(fresh map[orgID]bool, records []*audit.Record, field query.Field, values []string, others map[string]bool) {
	for _, r := range records {
		value, _ := r.Get(field)
		if _, asked := slices.BinarySearch(values, value); asked && !others[value] && r.Kind == audit.KindAuth {
			fresh[orgID{r.Org, flow.ID{Field: field, Value: value}}] = true
		}
	}
}
