package elastic

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// maxLookupRows is how many rows one search may give. A look-up of more takes a
// further round trip for each so many.
const maxLookupRows = 10_000

// Lookup implements audit.Looker. All keys are one search, whose rows are dealt
// out here: searches of their own, in one request, took twenty times as long.
func (s *Store) Lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	pages, err := whenSeen(ctx, s, []audit.Query{{Kinds: l.Kinds}}, func() ([]audit.Page, error) { return s.lookup(ctx, l) })
	if err != nil {
		return nil, fmt.Errorf("look up records: %w", err)
	}
	return pages, nil
}

func (s *Store) lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	d := s.format.newDeal(l)
	if err := s.deal(ctx, d); err != nil {
		return nil, err
	}
	pages := make([]audit.Page, len(d.walks))
	for i, w := range d.walks {
		pages[i] = w.page()
	}
	return pages, nil
}

// deal is the rows of a look-up, dealt out to its keys.
type deal struct {
	lookup audit.Lookup
	all    *walk            // through the rows of all keys
	walks  []*walk          // those of each key
	places map[sought][]int // of the keys that look for a value
	fields []query.Field    // that values are looked for in
}

// sought is a value that is looked for in a field.
type sought struct {
	field query.Field
	value string
}

func (f *format) newDeal(l audit.Lookup) *deal {
	d := &deal{lookup: l, walks: make([]*walk, len(l.Keys)), places: make(map[sought][]int, len(l.Keys))}
	d.all = f.newWalk(audit.Query{Scope: l.Scope, Kinds: l.Kinds, Order: l.Order, Window: l.Window})
	d.all.most = maxLookupRows
	for i, key := range l.Keys {
		d.walks[i] = &walk{query: d.all.query, limit: l.PageBytes, done: !key.AnyOrg && !l.Scope.Allows(key.Org)}
		what := sought{l.FieldOf(key), key.Value}
		d.places[what] = append(d.places[what], i)
		if !slices.Contains(d.fields, what.field) {
			d.fields = append(d.fields, what.field)
		}
	}
	return d
}

func (s *Store) deal(ctx context.Context, d *deal) error {
	if len(d.walks) == 0 {
		return s.askNothing(ctx)
	}
	for !d.all.done {
		search := d.request()
		if search.Size == 0 {
			return s.askNothing(ctx)
		}
		answer, err := s.ask(ctx, search, "")
		switch {
		case errors.Is(err, errTooLarge) && d.all.shrink():
			continue
		case err != nil:
			return err
		}
		d.take(answer.Hits.Hits)
	}
	return nil
}

// request is the search for the next rows of the keys that may have more; its
// size is 0 when none has.
func (d *deal) request() dsl.Search {
	wanted, keys := d.wanted()
	d.all.size = min(keys*(d.lookup.Window.Limit+1), d.all.most)
	search := d.all.request()
	search.Query = dsl.AllOf(search.Query, wanted)
	return search
}

// wanted asks for the rows of the keys that may have more, and says how many
// keys these are. Rows of an org that is another key's are found as well; they
// are not dealt out.
func (d *deal) wanted() (dsl.Query, int) {
	values := make(map[query.Field][]string, len(d.fields))
	var orgs []string
	anyOrg := false
	for i, key := range d.lookup.Keys {
		if !d.walks[i].done {
			field := d.lookup.FieldOf(key)
			values[field], orgs = append(values[field], key.Value), append(orgs, key.Org)
			anyOrg = anyOrg || key.AnyOrg
		}
	}
	found := make([]dsl.Query, len(d.fields))
	for i, field := range d.fields {
		found[i] = d.all.format.compile(query.Exact{Field: field, Values: slices.Compact(slices.Sorted(slices.Values(values[field])))}).over
	}
	wanted := dsl.AnyOf(found...)
	if !anyOrg && len(orgs) > 0 {
		wanted = dsl.AllOf(scopeFilter(audit.Orgs(orgs...)), wanted)
	}
	return wanted, len(orgs)
}

// take deals the rows out.
func (d *deal) take(hits []hit) {
	d.all.done = len(hits) < d.all.size
	for _, h := range hits {
		row := d.all.format.row(h)
		if d.all.past(row) {
			d.all.done = true
			return
		}
		cursor := d.all.query.CursorAt(row)
		d.all.from = &cursor
		for _, field := range d.fields {
			d.hand(row, field)
		}
	}
}

// hand gives a row to the keys whose value it has in a field.
func (d *deal) hand(row audit.Hit, field query.Field) {
	for _, value := range row.Record.Values(field) {
		for _, i := range d.places[sought{field, value}] {
			if key := d.lookup.Keys[i]; key.AnyOrg || key.Org == row.Record.Org {
				d.walks[i].add(row)
			}
		}
	}
}
