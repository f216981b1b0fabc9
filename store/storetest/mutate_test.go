package storetest

import (
	"errors"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func plus(t time.Time, by time.Duration) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(by)
}

func or(condition bool, then, otherwise query.Node) query.Node {
	if condition {
		return then
	}
	return otherwise
}

// adopt makes a cursor look as if it came from this query.
func adopt(q *audit.Query, c *audit.Cursor) {
	if c != nil {
		c.Kinds, c.Order = q.Kinds, q.Order
	}
}

func dropHits(drop func(audit.Query, audit.Hit) bool) func(audit.Query, *audit.Page) {
	return func(q audit.Query, p *audit.Page) {
		p.Hits = slices.DeleteFunc(p.Hits, func(hit audit.Hit) bool { return drop(q, hit) })
	}
}

// sortCoarsely orders the page by time rounded, and then by unique_id.
func sortCoarsely(p *audit.Page, unit time.Duration) {
	slices.SortStableFunc(p.Hits, func(a, b audit.Hit) int {
		if c := b.Record.Time.Truncate(unit).Compare(a.Record.Time.Truncate(unit)); c != 0 {
			return c
		}
		return audit.Order{}.Compare(audit.Hit{Record: &audit.Record{UniqueID: a.Record.UniqueID}}, audit.Hit{Record: &audit.Record{UniqueID: b.Record.UniqueID}})
	})
}

func changed(change func(*audit.Stored)) func([]*audit.Record) []*audit.Record {
	return func(batch []*audit.Record) []*audit.Record {
		kept := make([]*audit.Record, len(batch))
		for i, r := range batch {
			stored := r.Stored()
			change(&stored)
			kept[i] = audit.Restore(stored)
		}
		return kept
	}
}

func anyOrg(keys []audit.LookupKey) {
	if len(keys) > 2 {
		keys[2].AnyOrg = true
	}
}

func oneField(keys []audit.LookupKey) {
	for i := range keys {
		keys[i].Field = ""
	}
}

func bump(values []audit.ValueCount) []audit.ValueCount {
	if len(values) > 0 {
		values[0].Count++
	}
	return values
}

func tiesReversed(values []audit.ValueCount) []audit.ValueCount {
	for i := 1; i < len(values); i++ {
		if values[i].Count == values[i-1].Count {
			values[i], values[i-1] = values[i-1], values[i]
		}
	}
	return values
}

// flat gives every hit the same score, and the order that goes with it.
func flat(p *audit.Page) {
	for i := range p.Hits {
		p.Hits[i].Score = 1
	}
	slices.SortFunc(p.Hits, audit.Order{}.Compare)
}

func unknown(err error) error { return errors.New(err.Error()) }
