package sqlite

import (
	"context"
	"math"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// The rows of a list in the order of a number are read in stretches, each longer
// than the last: where much is refused on closer look not all of it is kept; but
// where all that matches has to be sorted, it is sorted again for each stretch.
const (
	firstStretch = 64
	lastStretch  = 16_384
)

// byNumber answers a query in the order of a number. Where the index has to say
// which rows match, all of them are sorted; else their own order is read.
func (v *snapshot) byNumber(ctx context.Context, q audit.Query, p *plan, field query.Field) (audit.Page, error) {
	column := v.layout.column(field)
	if column < 0 {
		if v.layout.rows {
			return audit.Page{}, audit.Invalid("orderBy", "rows of this store are not ordered by %s", field)
		}
		return v.page(ctx, v.tx, q, p, nil) // events have none, and none of them is what was asked for
	}
	w := numberWindowOf(q)
	var rows []*found
	bytes := 0
	for stretch := max(firstStretch, q.Window.Limit+1); ; stretch = min(4*stretch, max(lastStretch, stretch)) {
		read, err := v.stretch(ctx, p, column, w, stretch)
		if err != nil {
			return audit.Page{}, err
		}
		for _, r := range read {
			if !p.span.holds(r.nanos) {
				continue
			}
			f, err := v.hit(ctx, v.tx, p, r)
			if err != nil {
				return audit.Page{}, err
			}
			if f == nil {
				continue
			}
			rows, bytes = append(rows, f), bytes+f.size()
			if len(rows) > q.Window.Limit || exceeds(len(rows), bytes, p.most) {
				return v.page(ctx, v.tx, q, p, rows)
			}
		}
		if len(read) < stretch {
			return v.page(ctx, v.tx, q, p, rows)
		}
		w.after(read[len(read)-1])
	}
}

// stretch reads the next rows of a list, in its order.
func (v *snapshot) stretch(ctx context.Context, p *plan, column int, w numberWindow, limit int) ([]*row, error) {
	first, last := p.span.rows(v.spill)
	if p.none() || first > last {
		return nil, nil
	}
	indexed, ascending, args := 0, 0, []any{first, last, p.mask}
	if p.asked.op != opAll {
		indexed, args = 1, []any{p.question(), first, last, p.mask}
	}
	if w.ascending {
		ascending = 1
	}
	args = v.layout.appendBounds(args, p.bounds)
	args = append(append(append(args, w.from[:]...), w.to[:]...), limit)
	rows, err := v.tx.StmtContext(ctx, v.ask.ordered[column][indexed][ascending]).QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // what it could say, Err says
	var read []*row
	for rows.Next() {
		r := new(row)
		if err := v.layout.scan(rows, r, &r.number); err != nil {
			return nil, err
		}
		read = append(read, r)
	}
	return read, rows.Err()
}

// numberWindow is a Window in the direction in which rows are read: they lie
// strictly between two places, each a number, a time, an org and a unique_id.
type numberWindow struct {
	ascending bool
	from, to  [4]any
}

func numberWindowOf(q audit.Query) numberWindow {
	above := []byte{0} // to SQLite, bytes come after every text
	w := numberWindow{ascending: q.Order.Ascending != q.Window.Backward,
		from: [4]any{int64(math.MinInt64), int64(0), "", ""}, to: [4]any{int64(math.MaxInt64), int64(math.MaxInt64), above, above}}
	after, before := q.Window.After, q.Window.Before
	if !q.Order.Ascending {
		after, before = before, after
	}
	if after != nil {
		w.from = placeOf(after)
	}
	if before != nil {
		w.to = placeOf(before)
	}
	return w
}

func placeOf(c *audit.Cursor) [4]any { return [4]any{c.Number, c.Time.UnixNano(), c.Org, c.UniqueID} }

// after moves the window on past a row.
func (w *numberWindow) after(r *row) {
	place := [4]any{r.number, r.nanos, r.org, r.uid}
	if w.ascending {
		w.from = place
	} else {
		w.to = place
	}
}
