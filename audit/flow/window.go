package flow

import (
	"context"
	"slices"

	"github.com/authtrail/authtrail/audit"
)

// found is what a walk over a list of flows came upon, in the direction of
// travel: that of the list or, for a backward window, its reverse.
type found struct {
	flows   []*audit.Flow
	more    bool              // another flow lies inside the window
	stopped *audit.FlowCursor // where the walk gave up, if it did
}

func (r *Reader) collect(ctx context.Context, q audit.FlowQuery) (found, error) {
	w := r.walkOf(q)
	w.limit = r.scanLimit
	w.want = q.Window.Limit + 1
	var got found
	stopped, err := r.walk(ctx, w, func(f *audit.Flow, at audit.FlowCursor) bool {
		switch {
		case w.until != nil && at.Compare(*w.until) >= 0:
			return false
		case len(got.flows) == q.Window.Limit:
			got.more = true
			return false
		}
		got.flows = append(got.flows, f)
		return true
	})
	got.stopped = stopped
	return got, err
}

// page turns what was found into the page of the list.
func (got found) page(q audit.FlowQuery) audit.FlowPage {
	ahead := got.more || got.stopped != nil
	if q.Window.Backward {
		slices.Reverse(got.flows)
	}
	page := audit.FlowPage{Flows: got.flows, HasNext: ahead, HasPrevious: q.Window.After != nil}
	if n := len(got.flows); n > 0 {
		first, last := q.Order.CursorAt(got.flows[0]), q.Order.CursorAt(got.flows[n-1])
		page.Start, page.End = &first, &last
	}
	if got.stopped != nil {
		got.stopped.Order = q.Order
	}
	if q.Window.Backward {
		page.HasNext, page.HasPrevious = q.Window.Before != nil, ahead
		if got.stopped != nil {
			page.Start = got.stopped
		}
	} else if got.stopped != nil {
		page.End = got.stopped
	}
	return page
}

// walk is a way along a list of flows.
type walk struct {
	query       audit.FlowQuery
	order       audit.FlowOrder // of travel
	from, until *audit.FlowCursor
	limit       int // records after which to give up; 0 for never
	want        int // how many flows are wanted; 0 for all
}

// walkOf returns the way along a query's window. A backward window is walked
// from its end, in the reversed order.
func (r *Reader) walkOf(q audit.FlowQuery) walk {
	w := walk{query: q, order: q.Order, from: q.Window.After, until: q.Window.Before}
	if q.Window.Backward {
		w.order.Ascending = !q.Order.Ascending
		w.from, w.until = w.until, w.from
	}
	w.from, w.until = w.place(w.from), w.place(w.until)
	return w
}

// place returns a cursor of the list as a place on the way.
func (w walk) place(c *audit.FlowCursor) *audit.FlowCursor {
	if c == nil {
		return nil
	}
	turned := *c
	turned.Order = w.order
	return &turned
}

// passed reports whether a place lies at or before the beginning of the way.
func (w walk) passed(at audit.FlowCursor) bool {
	return w.from != nil && at.Compare(*w.from) <= 0
}
