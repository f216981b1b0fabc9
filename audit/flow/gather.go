package flow

import (
	"context"
	"fmt"
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Store is what Gather asks.
type Store interface {
	audit.Looker
	audit.Counter
}

// Lacking is what a neighbourhood has to learn.
type Lacking struct {
	Neighbourhood *Neighbourhood
	IDs           []ID
}

// Gather looks up what some neighbourhoods, of different orgs perhaps, lack.
//
// It makes one round trip for each kind of id, however many there are of up to
// audit.MaxLookupKeys; one more where any is on more than 500 records, and one
// more where any is on 1,000 or more.
func Gather(ctx context.Context, store Store, scope audit.Scope, lacking []Lacking) error {
	byField := map[query.Field][]wanted{}
	for _, l := range lacking {
		for _, id := range l.IDs {
			byField[id.Field] = append(byField[id.Field], wanted{l.Neighbourhood, id})
		}
	}
	for _, field := range slices.Concat([]query.Field{query.UniqueID, query.RequestID}, ties) {
		for chunk := range slices.Chunk(byField[field], audit.MaxLookupKeys) {
			g := gathering{store: store, scope: scope, field: field}
			if err := g.gather(ctx, chunk); err != nil {
				return fmt.Errorf("look up records by %s: %w", field, err)
			}
		}
	}
	return nil
}

type wanted struct {
	by *Neighbourhood
	id ID
}

// gathering looks up ids of one kind.
type gathering struct {
	store Store
	scope audit.Scope
	field query.Field
}

func (g gathering) gather(ctx context.Context, ids []wanted) error {
	heads, err := g.lookup(ctx, ids, false)
	if err != nil {
		return err
	}
	var long []int
	for i, page := range heads {
		if page.HasNext {
			long = append(long, i)
		} else {
			ids[i].by.Learn(ids[i].id, page.Records(), false)
		}
	}
	if len(long) == 0 {
		return nil
	}
	return g.gatherLong(ctx, pickFrom(ids, long), pickFrom(heads, long))
}

// gatherLong looks up ids that have more records than a page from the other end, too.
func (g gathering) gatherLong(ctx context.Context, ids []wanted, heads []audit.Page) error {
	tails, err := g.lookup(ctx, ids, true)
	if err != nil {
		return err
	}
	records := make([][]*audit.Record, len(ids))
	var doubtful []int
	for i := range ids {
		records[i] = joined(heads[i].Records(), tails[i].Records())
		if len(records[i]) < maxTied {
			ids[i].by.Learn(ids[i].id, records[i], false)
		} else {
			doubtful = append(doubtful, i)
		}
	}
	if len(doubtful) == 0 {
		return nil
	}
	counts, err := g.count(ctx, pickFrom(ids, doubtful))
	if err != nil {
		return err
	}
	for n, i := range doubtful {
		ids[i].by.Learn(ids[i].id, records[i], counts[n] > maxTied)
	}
	return nil
}

// lookup returns the first records of each id, or the last, in time order.
func (g gathering) lookup(ctx context.Context, ids []wanted, last bool) ([]audit.Page, error) {
	lookup := audit.Lookup{
		Scope: g.scope, Kinds: []audit.Kind{audit.KindAuth}, Field: g.field, Order: audit.Order{Ascending: true},
		Window: audit.Window{Limit: maxTied / 2, Backward: last}, PassDamaged: true,
	}
	for _, w := range ids {
		lookup.Keys = append(lookup.Keys, audit.LookupKey{Org: w.by.org, Value: w.id.Value})
	}
	return g.store.Lookup(ctx, lookup)
}

// count returns on how many records each id is.
func (g gathering) count(ctx context.Context, ids []wanted) ([]int, error) {
	queries := make([]audit.Query, len(ids))
	lookup := audit.Lookup{Scope: g.scope, Kinds: []audit.Kind{audit.KindAuth}, Field: g.field, Window: audit.Window{Limit: 1}}
	for i, w := range ids {
		queries[i] = lookup.Query(audit.LookupKey{Org: w.by.org, Value: w.id.Value})
	}
	return g.store.Count(ctx, queries)
}

func pickFrom[T any](all []T, indices []int) []T {
	picked := make([]T, len(indices))
	for i, at := range indices {
		picked[i] = all[at]
	}
	return picked
}

// joined returns the records of two runs in time order that may overlap.
func joined(head, tail []*audit.Record) []*audit.Record {
	if len(head) == 0 { // damaged, all of them
		return tail
	}
	end := head[len(head)-1]
	for i, record := range tail {
		if end.Less(record) {
			return append(head, tail[i:]...)
		}
	}
	return head
}
