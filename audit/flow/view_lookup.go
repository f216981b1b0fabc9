package flow

import (
	"context"
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Lookup implements audit.Looker. By FlowID each key finds one flow at most: the one
// with that id, else the one with the earliest record that may have stood alone under
// it. That takes a second round trip, and further ones for an id that led to many
// flows; with keys of other fields beside it one more.
func (v *View) Lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	v.ask(ctx)
	l.Window.After, l.Window.Before = ofFlows(l.Window.After, l.Kinds), ofFlows(l.Window.Before, l.Kinds)
	l.Kinds = flowKinds
	var byID, others []int
	for i, key := range l.Keys {
		if l.FieldOf(key) == query.FlowID {
			byID = append(byID, i)
		} else {
			others = append(others, i)
		}
	}
	if len(byID) == 0 {
		return v.rows.Lookup(ctx, l)
	}
	pages := make([]audit.Page, len(l.Keys))
	if len(others) > 0 {
		rest := l
		rest.Keys = pickFrom(l.Keys, others)
		found, err := v.rows.Lookup(ctx, rest)
		if err != nil {
			return nil, err
		}
		for n, i := range others {
			pages[i] = found[n]
		}
	}
	rows, err := v.flowsByID(ctx, withKeys(l, pickFrom(l.Keys, byID), query.FlowID))
	if err != nil {
		return nil, err
	}
	for n, i := range byID {
		pages[i] = pageOf(rows[n], l.Window)
	}
	return pages, nil
}

// withKeys returns the look-up of other keys, all of one field.
func withKeys(l audit.Lookup, keys []audit.LookupKey, field query.Field) audit.Lookup {
	l.Field, l.Keys = field, slices.Clone(keys)
	for i := range l.Keys {
		l.Keys[i].Field = ""
	}
	return l
}

// pageOf returns the window on a list of one row, or none.
func pageOf(row *audit.Record, w audit.Window) audit.Page {
	page := audit.Page{HasNext: w.Backward && w.Before != nil, HasPrevious: !w.Backward && w.After != nil}
	hit := audit.Hit{Record: row}
	if row == nil || w.After != nil && w.After.Compare(hit) <= 0 || w.Before != nil && w.Before.Compare(hit) >= 0 {
		return page
	}
	page.Hits = []audit.Hit{hit}
	return page
}

// flowsByID returns the flow that each id answers with; nil for none.
func (v *View) flowsByID(ctx context.Context, l audit.Lookup) ([]*audit.Record, error) {
	own := withKeys(l, l.Keys, query.UniqueID)
	own.Order, own.Window = audit.Order{}, audit.Window{Limit: 1}
	pages, err := v.rows.Lookup(ctx, own)
	if err != nil {
		return nil, err
	}
	found := make([]*audit.Record, len(l.Keys))
	var former []int // keys that are no flow's own id
	for i, page := range pages {
		if len(page.Hits) > 0 {
			found[i] = page.Hits[0].Record
		} else {
			former = append(former, i)
		}
	}
	if len(former) == 0 {
		return found, nil
	}
	taken, err := v.takenIn(ctx, withKeys(l, pickFrom(l.Keys, former), query.FlowID))
	if err != nil {
		return nil, err
	}
	for n, i := range former {
		found[i] = taken[n]
	}
	return found, nil
}

// formerPage is how many of the flows that have an id are read at once.
const formerPage = 20

// takenIn returns the flow with the earliest record that may have stood alone under
// each id; nil for none.
func (v *View) takenIn(ctx context.Context, l audit.Lookup) ([]*audit.Record, error) {
	l.Order, l.Window = audit.Order{Ascending: true}, audit.Window{Limit: formerPage}
	pages, err := v.rows.Lookup(ctx, l)
	if err != nil {
		return nil, err
	}
	rows := make([]*audit.Record, len(l.Keys))
	for i, page := range pages {
		if len(page.Hits) == 1 && !page.HasNext {
			rows[i] = page.Hits[0].Record
			continue
		}
		c := claims{id: l.Keys[i].Value}
		for c.take(page); c.more(page); c.take(page) {
			if page, err = v.following(ctx, l, i, page); err != nil {
				return nil, err
			}
		}
		rows[i] = c.row
	}
	return rows, nil
}

// following returns the page behind a page of one of the keys.
func (v *View) following(ctx context.Context, l audit.Lookup, i int, page audit.Page) (audit.Page, error) {
	l.Keys = l.Keys[i : i+1]
	after := l.Query(l.Keys[0]).CursorAt(page.Hits[len(page.Hits)-1])
	l.Window.After = &after
	pages, err := v.rows.Lookup(ctx, l)
	if err != nil {
		return audit.Page{}, err
	}
	return pages[0], nil
}

// claims finds which of the flows with an id has the earliest record that may have
// stood alone under it.
type claims struct {
	id     string
	row    *audit.Record
	record *audit.Record // that decides for the row
}

// more reports whether flows behind the page may have an earlier record: none that
// began after it has.
func (c *claims) more(page audit.Page) bool {
	return page.HasNext && len(page.Hits) > 0 && (c.record == nil || !page.Hits[len(page.Hits)-1].Record.Time.After(c.record.Time))
}

func (c *claims) take(page audit.Page) {
	for _, row := range page.Records() {
		if record := firstUnder(row, c.id); record != nil && (c.record == nil || record.Less(c.record)) {
			c.row, c.record = row, record
		}
	}
}

// firstUnder returns the first record of a flow that may have stood alone under an id.
// Of a flow that cannot be read, its beginning has to do.
func firstUnder(row *audit.Record, id string) *audit.Record {
	state, err := StateOf(row)
	if err != nil {
		return row
	}
	for _, link := range state.Stitched.Links {
		for _, key := range AloneKeys(link.Record) {
			if key.FlowID(row.Org) == id {
				return link.Record
			}
		}
	}
	return nil
}
