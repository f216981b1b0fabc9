package correlate

import (
	"context"
	"fmt"
	"slices"

	"github.com/authtrail/authtrail/audit"
)

// Correlate returns what a key leads to over ids that can be trusted, breadth-first.
//
// A hop goes from ids to all records that have them, of whatever kind, and takes
// one round trip; more only where many ids are on many records, so that what is read
// at once stays bounded. A Key of kind Record takes one more, to find the record.
//
// An id on more than 1,000 records is not followed, nor is a trace on records of
// several users or attempts; Conflicts says so. The key itself is always looked up,
// since it was asked for: of more than 1,000 records the earliest are taken, of a
// user or an address the latest; and a trace that cannot be trusted leads to
// its own records and no further.
//
// Nothing leads from one org to another. An id that several orgs have is
// BadUserInput, which asks for the org. An address is no org's: there each org's
// records are correlated by themselves. When nothing has the key, or only an org
// outside the scope, there are no nodes.
func Correlate(ctx context.Context, store audit.Looker, scope audit.Scope, key Key, options Options) (*Correlation, error) {
	if err := options.complete(); err != nil {
		return nil, err
	}
	if err := scope.Validate(); err != nil {
		return nil, err
	}
	w := &walk{store: store, scope: scope, options: options, known: map[place]*Node{}}
	hop, err := w.start(ctx, key)
	for ; err == nil && hop < options.MaxHops && len(w.ahead) > 0 && !w.full; hop++ {
		err = w.follow(ctx, hop+1)
	}
	if err != nil {
		return nil, fmt.Errorf("correlate: %w", err)
	}
	return w.correlation(hop), nil
}

// walk is a correlation while it grows.
type walk struct {
	store   audit.Looker
	scope   audit.Scope
	options Options

	nodes     []*Node
	known     map[place]*Node
	ahead     []*Node // the ids that the next hop follows
	full      bool    // there was no room for a node
	cutKey    string  // said of a key on too many records
	crowded   int     // ids that were on too many records
	conflicts []audit.FlowConflict
}

// start looks the key up, and returns after how many hops its records are.
func (w *walk) start(ctx context.Context, key Key) (hop int, err error) {
	latest := key.Kind == User || key.Kind == SourceIP
	records, more, err := w.having(ctx, key, latest)
	if err != nil || len(records) == 0 {
		return 0, err
	}
	orgs := orgsOf(records)
	if len(orgs) > 1 && key.Kind != SourceIP {
		return 0, audit.Invalid("orgId", "records of several orgs have this id: say which org is meant")
	}
	if key.Kind == Record {
		w.add(records, 0)
		return 0, nil
	}
	for _, org := range orgs {
		id := w.node(place{key.Kind, org, key.Value}, 0, nil)
		if id == nil {
			break
		}
		w.trust(id, distrust(id.Kind, records))
		id.Followed = true
	}
	if more {
		w.cutKey = fmt.Sprintf("more than %d records have the id that it starts from, and only the %s of them were looked at",
			maxTied, map[bool]string{true: "latest", false: "earliest"}[latest])
	}
	w.add(records, 1)
	if len(w.conflicts) > 0 {
		w.ahead = nil
	}
	return 1, nil
}

// having returns the records that have the key, each once, and whether there are
// more of them.
func (w *walk) having(ctx context.Context, key Key, latest bool) (records []*audit.Record, more bool, err error) {
	var keys []audit.LookupKey
	for _, field := range fields[key.Kind] {
		keys = append(keys, audit.LookupKey{Field: field, Org: key.Org, AnyOrg: key.AnyOrg, Value: key.Value})
	}
	if key.Value == "" || len(keys) == 0 {
		return nil, false, nil // what has no id has nothing in common
	}
	pages, err := w.lookup(ctx, keys, maxTied, latest)
	if err != nil {
		return nil, false, err
	}
	for _, page := range pages {
		records, more = append(records, page.Records()...), more || page.HasNext
	}
	slices.SortFunc(records, (*audit.Record).Compare)
	records = slices.CompactFunc(records, func(a, b *audit.Record) bool { return a.Key() == b.Key() })
	if latest {
		slices.Reverse(records)
	}
	if len(records) > maxTied {
		records, more = records[:maxTied], true
	}
	return records, more, nil
}

// follow goes from the ids ahead to the records that have them.
func (w *walk) follow(ctx context.Context, hop int) error {
	ids := w.ahead
	w.ahead = nil
	leads, err := w.read(ctx, ids)
	if err != nil {
		return err
	}
	var found []*audit.Record
	for i, id := range ids {
		l := leads[i]
		if l.crowded {
			w.crowded++
		}
		id.Followed = w.trust(id, l.doubts) && l.read
		found = append(found, l.records...)
	}
	w.add(found, hop)
	return nil
}

func (w *walk) lookup(ctx context.Context, keys []audit.LookupKey, limit int, latest bool) ([]audit.Page, error) {
	return w.store.Lookup(ctx, audit.Lookup{Scope: w.scope, Keys: keys,
		Order: audit.Order{Ascending: !latest}, Window: audit.Window{Limit: limit}})
}

func orgsOf(records []*audit.Record) []string {
	var orgs []string
	for _, r := range records {
		orgs = append(orgs, r.Org)
	}
	slices.Sort(orgs)
	return slices.Compact(orgs)
}
