package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Search implements audit.Searcher.
func (s *Store) Search(ctx context.Context, q audit.Query) (audit.Page, error) {
	if err := q.Validate(); err != nil {
		return audit.Page{}, err
	}
	page, err := s.search(ctx, q, manner{most: audit.MaxPageBytes})
	if err != nil {
		return audit.Page{}, s.failed(ctx, "search", err)
	}
	return page, nil
}

// manner is how a page is read.
type manner struct {
	most        int  // bytes of it; 0 for any number
	passDamaged bool // events that cannot be read are left out
}

// search answers a query with a page.
func (s *Store) search(ctx context.Context, q audit.Query, m manner) (audit.Page, error) {
	if s.closing() {
		return audit.Page{}, errClosed()
	}
	if s.layout.rows || q.Order.Field == audit.ByRelevance {
		v, err := s.snapshot(ctx)
		if err != nil {
			return audit.Page{}, err
		}
		defer v.close()
		return v.search(ctx, q, m)
	}
	p := planFor(s.terms, q.Scope, q.Kinds, q.Where)
	p.manner = m
	for {
		spill := s.spill.Load()
		page, err := s.byTime(ctx, nil, q, &p, spill)
		if err != nil || s.spill.Load() == spill {
			return page, err
		}
		// A record was moved further than any before, maybe past where this looked: look again.
	}
}

// search answers a query of the moment. Rows are always asked so: what is read of
// one in several questions must be of one state.
func (v *snapshot) search(ctx context.Context, q audit.Query, m manner) (audit.Page, error) {
	p := planFor(v.terms, q.Scope, q.Kinds, q.Where)
	p.manner = m
	if q.Order.Field == audit.ByRelevance {
		return v.byRelevance(ctx, q, &p)
	}
	if field, ok := q.Order.Field.Number(); ok {
		return v.byNumber(ctx, q, &p, field)
	}
	return v.byTime(ctx, v.tx, q, p.fewRows(q.Where), v.spill)
}

func (s *Store) byTime(ctx context.Context, tx *sql.Tx, q audit.Query, p *plan, spill int64) (audit.Page, error) {
	best, err := s.bestByTime(ctx, tx, q, p, spill)
	if err != nil {
		return audit.Page{}, err
	}
	return s.page(ctx, tx, q, p, best.rows)
}

// bestByTime reads rows in the order of their ids, forwards or backwards, and stops
// as soon as no unread row can belong to the window.
func (s *Store) bestByTime(ctx context.Context, tx *sql.Tx, q audit.Query, p *plan, spill int64) (*best, error) {
	w := windowOf(q)
	first, last := p.span.intersect(w.span()).rows(spill)
	best := newBest(q.Window.Limit+1, p.most, w.order())
	err := s.scan(ctx, tx, p, first, last, w.ascending, func(r *row) (bool, error) {
		if best.full() && w.past(milliOf(r.id), best.last(), spill) {
			return false, nil
		}
		if !p.holds(r) || !w.holds(r) || !best.wants(r) {
			return true, ctx.Err()
		}
		found, err := s.hit(ctx, tx, p, r)
		if err == nil && found != nil {
			best.add(r, found)
		}
		return true, err
	})
	return best, err
}

// hit returns the record of a row when it has to be verified and matches. Where
// the index has said all, the record is made later, for the rows that stay.
func (s *Store) hit(ctx context.Context, tx *sql.Tx, p *plan, r *row) (*found, error) {
	f := &found{row: r}
	if p.verify == nil {
		return f, nil
	}
	if err := s.read(ctx, tx, f, p.inHead); err != nil {
		return nil, s.passRow(ctx, p, r, err)
	}
	if !query.Match(p.verify, f.record.Document()) {
		return nil, nil
	}
	if p.heads && !f.cut {
		f.record, f.row.rest = nil, nil
	}
	return f, nil
}

// page makes the page of the best rows, of which there is one more than it may hold
// when there are more. How large they are is known when they are read.
func (s *Store) page(ctx context.Context, tx *sql.Tx, q audit.Query, p *plan, rows []*found) (audit.Page, error) {
	window, bytes := q.Window, 0
	more := len(rows) > window.Limit || exceeds(len(rows), sizeOf(rows), p.most)
	if more {
		rows = rows[:len(rows)-1]
	}
	var hits []audit.Hit
	for _, f := range rows {
		if err := s.read(ctx, tx, f, false); err != nil {
			if err = s.passRow(ctx, p, f.row, err); err != nil {
				return audit.Page{}, err
			}
			continue
		}
		if bytes += len(f.record.Raw); exceeds(len(hits)+1, bytes, p.most) {
			more = true
			break
		}
		hits = append(hits, audit.Hit{Record: f.record, Score: f.row.score})
	}
	if window.Backward {
		slices.Reverse(hits)
		return audit.Page{Hits: hits, HasNext: window.Before != nil, HasPrevious: more}, nil
	}
	return audit.Page{Hits: hits, HasNext: more, HasPrevious: window.After != nil}, nil
}

// window is a Window in the direction in which rows are read.
type window struct {
	ascending     bool
	after, before *row // in time order: rows lie strictly between; nil for open
}

func windowOf(q audit.Query) window {
	w := window{ascending: q.Order.Ascending != q.Window.Backward}
	w.after, w.before = rowOf(q.Window.After), rowOf(q.Window.Before)
	if !q.Order.Ascending {
		w.after, w.before = w.before, w.after
	}
	return w
}

func rowOf(c *audit.Cursor) *row {
	if c == nil {
		return nil
	}
	return &row{nanos: clampNanos(c.Time), org: c.Org, uid: c.UniqueID}
}

// span returns the time in which the window's rows lie.
func (w window) span() span {
	s := wholeSpan
	if w.after != nil {
		s.from = w.after.nanos
	}
	if w.before != nil {
		s.to = min(s.to, w.before.nanos+1)
	}
	return s
}

func (w window) holds(r *row) bool {
	return (w.after == nil || r.compare(w.after) > 0) && (w.before == nil || r.compare(w.before) < 0)
}

func (w window) order() func(a, b *row) int {
	if w.ascending {
		return (*row).compare
	}
	return func(a, b *row) int { return b.compare(a) }
}

// past reports whether no row from this millisecond on can come before the last one.
func (w window) past(milli int64, last *row, spill int64) bool {
	lastMilli := last.nanos / int64(time.Millisecond)
	if w.ascending {
		return milli-spill > lastMilli
	}
	return milli < lastMilli
}
