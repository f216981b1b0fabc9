package elastic

import (
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// walk reads the rows of a window from its near end towards its far one.
type walk struct {
	format *format
	query  audit.Query
	plan   plan
	source dsl.Source    // what to ask of each row
	size   int           // how many rows to ask for next
	most   int           // how many may be asked for at once
	from   *audit.Cursor // rows beyond this; nil for all
	found  []audit.Hit   // of the page, and one more where there is one
	bytes  int           // how much is found
	limit  int           // how much a page may hold of them; 0 for any number
	done   bool
}

// maxBatch is how many rows a walk asks for at once, where many of them are
// found only to be refused.
const maxBatch = 4_000

func (f *format) newWalk(q audit.Query) *walk {
	w := &walk{format: f, query: q, plan: f.planFor(q), source: f.wholeRow(), size: q.Window.Limit + 1, most: maxBatch, from: q.Window.After}
	if q.Window.Backward {
		w.from = q.Window.Before
	}
	return w
}

// far returns the cursor that the window's rows lie before, in the direction of travel.
func (w *walk) far() *audit.Cursor {
	if w.query.Window.Backward {
		return w.query.Window.After
	}
	return w.query.Window.Before
}

// past reports whether a row lies at or beyond the window's far end.
func (w *walk) past(row audit.Hit) bool {
	switch far := w.far(); {
	case far == nil:
		return false
	case w.query.Window.Backward:
		return far.Compare(row) <= 0
	default:
		return far.Compare(row) >= 0
	}
}

// request is the search for the next rows.
func (w *walk) request() dsl.Search {
	search := dsl.Search{Query: w.plan.filter, Size: w.size, Source: w.source, Versions: w.format.replaced(), Sort: w.order()}
	if w.query.Order.Field == audit.ByRelevance {
		search.Query = ranked(w.plan.filter, w.query.Where)
	} else {
		search.Query = dsl.AllOf(w.plan.filter, w.towardsFar())
	}
	if w.from != nil {
		search.After = w.place(*w.from)
	}
	return search
}

// towardsFar spares the engine partitions beyond the far end. Which rows of that
// very instant belong to the window, past decides. Of rows that are ordered by a
// number those without it would be lost.
func (w *walk) towardsFar() dsl.Query {
	_, byNumber := w.query.Order.Field.Number()
	switch far := w.far(); {
	case far == nil || byNumber:
		return dsl.All{}
	case w.ascending():
		return timeRange(firstTime, far.Time.Add(1))
	default:
		return timeRange(far.Time, endOfTime)
	}
}

// ascending reports whether times, or numbers, ascend in the direction of travel.
func (w *walk) ascending() bool {
	ascending := w.query.Order.Ascending && w.query.Order.Field != audit.ByRelevance
	return ascending != w.query.Window.Backward
}

func (w *walk) order() []dsl.Sort {
	byTime := []dsl.Sort{{Field: fieldTime, Ascending: w.ascending(), Format: timeParser}, {Field: fieldTie, Ascending: w.ascending()}}
	if number, ok := w.query.Order.Field.Number(); ok {
		return append([]dsl.Sort{{Field: numberField(number), Ascending: w.ascending(), Number: true}}, byTime...)
	}
	if w.query.Order.Field == audit.ByRelevance {
		return append([]dsl.Sort{dsl.ByScore(w.query.Window.Backward)}, byTime...)
	}
	return byTime
}

// place is a cursor as the sorts have it.
func (w *walk) place(c audit.Cursor) []any {
	place := []any{timeText(c.Time), tieOf(c.Org, c.UniqueID)}
	if _, ok := w.query.Order.Field.Number(); ok {
		return append([]any{c.Number}, place...)
	}
	if w.query.Order.Field == audit.ByRelevance {
		return append([]any{float32(c.Score)}, place...)
	}
	return place
}

// take takes the rows that were asked for.
func (w *walk) take(hits []hit) {
	for _, h := range hits {
		row := w.format.row(h)
		if w.past(row) {
			w.done = true
			return
		}
		cursor := w.query.CursorAt(row)
		w.from = &cursor
		if w.plan.verify && !query.Match(w.query.Where, row.Record.Document()) {
			continue
		}
		if w.add(row); w.done {
			return
		}
	}
	w.done = len(hits) < w.size // there are no more
	w.size = min(2*w.size, w.most)
}

// shrink asks for fewer rows at a time, whose answer was too large. It reports
// false when it was for one.
func (w *walk) shrink() bool {
	if w.size == 1 {
		return false
	}
	w.most = max(1, w.size/8)
	w.size = w.most
	return true
}

// add adds a row of the window, unless there are enough.
func (w *walk) add(row audit.Hit) {
	if !w.full() {
		w.found = append(w.found, row)
		w.bytes += len(row.Record.Raw)
	}
	w.done = w.done || w.full()
}

// full reports whether the last row that was found is one more than the page may hold.
func (w *walk) full() bool {
	return len(w.found) > w.query.Window.Limit || w.limit > 0 && len(w.found) > 1 && w.bytes > w.limit
}

// page is the window or the near end of it, when the walk is done.
func (w *walk) page() audit.Page {
	window := w.query.Window
	more, hits := w.full(), w.found
	if more {
		hits = hits[:len(hits)-1]
	}
	page := audit.Page{Hits: hits, HasNext: more, HasPrevious: window.After != nil}
	if window.Backward {
		slices.Reverse(page.Hits)
		page.HasNext, page.HasPrevious = window.Before != nil, more
	}
	return page
}
