package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/authtrail/authtrail/audit"
)

// describe prints a record for a person.
func describe(r *audit.Record) string {
	if r == nil {
		return "(no record)"
	}
	raw := r.Raw
	if len(raw) > 400 {
		raw = fmt.Sprintf("%s… (%d bytes)", raw[:400], len(raw))
	}
	return fmt.Sprintf("%s %q/%s at %s: %s", r.Kind, r.Org, r.UniqueID, r.Time.Format("2006-01-02T15:04:05.000000000Z"), raw)
}

// describeQuery prints a query for a person.
func describeQuery(q audit.Query) string {
	where := "everything"
	if q.Where != nil {
		where = fmt.Sprintf("%s\n\t(%#v)", q.Where, q.Where)
	}
	if len(where) > 2_000 {
		where = where[:2_000] + "…"
	}
	scope := "all orgs"
	if !q.Scope.All() {
		scope = fmt.Sprintf("orgs %q", q.Scope.List())
	}
	return fmt.Sprintf("%s, kinds %v, order %+v, limit %d, backward %v, after %s, before %s\n\twhere %s", scope, q.Kinds, q.Order,
		q.Window.Limit, q.Window.Backward, describeCursor(q.Window.After), describeCursor(q.Window.Before), where)
}

func describeCursor(c *audit.Cursor) string {
	if c == nil {
		return "-"
	}
	return fmt.Sprintf("%s %q/%s", c.Time.Format("2006-01-02T15:04:05.000000000Z"), c.Org, c.UniqueID)
}

// differ says how a list of records differs from what it should be; nil if it does not.
func differ(got, want []*audit.Record) error {
	for i := range max(len(got), len(want)) {
		g, w := at(got, i), at(want, i)
		if g == nil || w == nil || g.Key() != w.Key() {
			return fmt.Errorf("%d records, want %d; they differ at %d:\n\tgot  %s\n\twant %s%s", len(got), len(want), i,
				describe(g), describe(w), missing(got, want))
		}
		if err := sameRecord(g, w); err != nil {
			return err
		}
	}
	return nil
}

func at(records []*audit.Record, i int) *audit.Record {
	if i < len(records) {
		return records[i]
	}
	return nil
}

// missing lists what stands in only one of the lists.
func missing(got, want []*audit.Record) string {
	var b strings.Builder
	for _, c := range []struct {
		what     string
		from, in []*audit.Record
	}{{"missing", want, got}, {"wrongly there", got, want}} {
		held := map[audit.Key]bool{}
		for _, r := range c.in {
			held[r.Key()] = true
		}
		listed := 0
		for _, r := range c.from {
			if !held[r.Key()] && listed < 3 {
				listed++
				fmt.Fprintf(&b, "\n\t%s: %s", c.what, describe(r))
			}
		}
	}
	return b.String()
}

// sameRecord compares everything that can be seen of a record.
func sameRecord(got, want *audit.Record) error {
	switch {
	case got.Raw != want.Raw:
		return fmt.Errorf("the record's raw text has changed:\n\tgot  %s\n\twant %s", describe(got), describe(want))
	case got.Stored() != want.Stored():
		return fmt.Errorf("the record has changed:\n\tgot  %+v\n\twant %+v", got.Stored(), want.Stored())
	case !got.CreateTime.Equal(want.CreateTime):
		return fmt.Errorf("create_time is %v, want %v: %s", got.CreateTime, want.CreateTime, describe(want))
	case !slices.Equal(got.Attributes, want.Attributes):
		return fmt.Errorf("the attributes are %+v, want %+v", got.Attributes, want.Attributes)
	case !slices.EqualFunc(got.Members(), want.Members(), func(a, b audit.Member) bool {
		return a.Name == b.Name && string(a.Value) == string(b.Value) && a.Mistyped == b.Mistyped
	}):
		return fmt.Errorf("the members are %+v, want %+v", got.Members(), want.Members())
	}
	return nil
}

// differPage says how a page differs from what it should be.
func differPage(got, want audit.Page) error {
	if err := differ(got.Records(), want.Records()); err != nil {
		return err
	}
	if got.HasNext != want.HasNext || got.HasPrevious != want.HasPrevious {
		return fmt.Errorf("HasNext %v, HasPrevious %v; want %v, %v", got.HasNext, got.HasPrevious, want.HasNext, want.HasPrevious)
	}
	return nil
}

// search asks one query and compares the page.
func (s *subject) search(q audit.Query) error {
	if q.Window.Limit == 0 {
		q.Window.Limit = audit.MaxPageSize
	}
	page, err := s.Store.Search(context.Background(), q)
	if err == nil {
		err = differPage(page, s.Oracle.Search(q))
	}
	if err != nil {
		return fmt.Errorf("search %s\n%w", describeQuery(q), err)
	}
	return nil
}

// walk collects all pages of a query by following cursors to the end, and
// checks what each page says of its neighbours.
func walk(store audit.Searcher, q audit.Query) ([]*audit.Record, error) {
	var all []*audit.Record
	seen := map[audit.Key]bool{}
	for {
		page, err := store.Search(context.Background(), q)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Records() {
			if seen[r.Key()] {
				return nil, fmt.Errorf("paging repeats %s", describe(r))
			}
			seen[r.Key()] = true
		}
		more := page.HasNext
		if q.Window.Backward {
			all, more = append(page.Records(), all...), page.HasPrevious
		} else {
			all = append(all, page.Records()...)
		}
		switch {
		case len(page.Hits) > q.Window.Limit:
			return nil, fmt.Errorf("a page has %d rows, more than its limit", len(page.Hits))
		case bytesOf(page) > audit.MaxPageBytes && len(page.Hits) > 1:
			return nil, fmt.Errorf("a page has %d bytes, more than it may", bytesOf(page))
		case !more:
			return all, nil
		case len(page.Hits) < q.Window.Limit && bytesOf(page) < audit.MaxPageBytes-largest:
			return nil, fmt.Errorf("a page has %d rows, fewer than its limit, and yet more follow", len(page.Hits))
		}
		if q.Window, err = nextWindow(q, page); err != nil {
			return nil, err
		}
	}
}

// largest is more than any event of the suite has.
const largest = 1<<20 + 1<<10

func bytesOf(page audit.Page) int {
	bytes := 0
	for _, hit := range page.Hits {
		bytes += len(hit.Record.Raw)
	}
	return bytes
}

// nextWindow moves a window on past the page, by way of the cursor's printed form.
func nextWindow(q audit.Query, page audit.Page) (audit.Window, error) {
	edge := page.Hits[len(page.Hits)-1]
	if q.Window.Backward {
		edge = page.Hits[0]
	}
	cursor, err := audit.ParseCursor(q.CursorAt(edge).String())
	if q.Window.Backward {
		q.Window.Before = &cursor
	} else {
		q.Window.After = &cursor
	}
	return q.Window, err
}

// walkBoth compares all pages of a query, forwards and backwards, with the oracle.
func (s *subject) walkBoth(q audit.Query, limit int) error {
	return s.walkTo(q, limit, s.Matching(q))
}

func (s *subject) walkTo(q audit.Query, limit int, want []*audit.Record) error {
	for _, backward := range []bool{false, true} {
		q.Window = audit.Window{Limit: limit, Backward: backward}
		got, err := walk(s.Store, q)
		if err == nil {
			err = differ(got, want)
		}
		if err != nil {
			return fmt.Errorf("all pages of %s\n%w", describeQuery(q), err)
		}
	}
	return nil
}
