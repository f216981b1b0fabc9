package audit

import (
	"slices"
	"strconv"

	"github.com/authtrail/authtrail/audit/query"
)

// MaxPageSize is the most rows that one page may hold.
const MaxPageSize = 500

// MaxPageBytes is how much the Raw of a page's rows may come to together, which
// bounds the memory that a question takes. A page has at least one row, however
// large that is. The pages of a Lookup end at its PageBytes instead.
const MaxPageBytes = 16 << 20

// Query asks a store for records. The zero Query is refused: it has no Scope.
type Query struct {
	Scope  Scope      // whose records; required
	Kinds  []Kind     // which kinds; none means all of Kinds, or of the store's Format.Kinds
	Where  query.Node // what must hold; nil means everything
	Order  Order
	Window Window
}

// Validate checks what every store would have to check. The errors, all
// BadUserInput but for a missing scope (Internal, a defect of the caller), name
// the member at fault.
func (q Query) Validate() error {
	if err := q.Scope.Validate(); err != nil {
		return err
	}
	if _, ok := q.Order.Field.Number(); ok && !slices.Equal(q.Kinds, []Kind{KindFlow}) {
		return Invalid("orderBy", "only login flows have this order")
	}
	return q.Window.validate(q.Kinds, q.Order, MaxPageSize)
}

// Wants reports whether the query asks for rows of a kind of a format.
func (q Query) Wants(kind Kind, of Format) bool {
	if len(q.Kinds) == 0 {
		return slices.Contains(of.Kinds, kind)
	}
	return slices.Contains(q.Kinds, kind)
}

// Scope says whose records may be seen. The zero Scope is refused everywhere:
// forgetting it must never mean "everybody's".
type Scope struct {
	all  bool
	orgs []string
}

// AllOrgs is the scope of a caller who owns every org, the empty one included.
func AllOrgs() Scope { return Scope{all: true} }

// Orgs is the scope of a caller who may see some orgs. It needs at least one.
func Orgs(orgs ...string) Scope {
	sorted := slices.Clone(orgs)
	slices.Sort(sorted)
	return Scope{orgs: slices.Compact(sorted)}
}

// All reports whether the scope is every org.
func (s Scope) All() bool { return s.all }

// List returns the orgs of a scope that is not all, sorted. The caller must not change it.
func (s Scope) List() []string { return s.orgs }

// Allows reports whether records of the org may be seen.
func (s Scope) Allows(org string) bool { return s.all || slices.Contains(s.orgs, org) }

// Validate refuses a scope that was forgotten.
func (s Scope) Validate() error {
	if !s.all && len(s.orgs) == 0 {
		return &Error{Code: Internal, Message: "a query without a scope was refused"}
	}
	return nil
}

// Narrow returns the part of the scope that lies in one org, and whether there is any.
func (s Scope) Narrow(org string) (Scope, bool) {
	if !s.Allows(org) {
		return Scope{}, false
	}
	return Orgs(org), true
}

// OrderField says what rows are ordered by.
type OrderField uint8

// The order fields. The values are part of cursors: never renumber them.
const (
	ByTime      OrderField = 0 // by (time, org, unique_id), a total order
	ByRelevance OrderField = 1 // best match first, each store's own BM25; ties newest first
	ByEndedAt   OrderField = 2 // of login flows: by (end, time, org, unique_id), a total order
	ByDuration  OrderField = 3 // of login flows: by (whole milliseconds, time, org, unique_id), a total order
)

// Number returns the field whose number rows are ordered by, where they are.
func (f OrderField) Number() (query.Field, bool) {
	switch f {
	case ByEndedAt:
		return query.FlowEndedAt, true
	case ByDuration:
		return query.FlowDurationMS, true
	}
	return "", false
}

// NumberOf returns the number of a row in an order by one: 0 for one without it, and in other orders.
func (o Order) NumberOf(r *Record) int64 {
	field, ok := o.Field.Number()
	if !ok {
		return 0
	}
	value, _ := r.Get(field)
	number, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0
	}
	return number
}

// Order is the order of rows. The zero Order is newest first. ByRelevance
// ignores Ascending.
type Order struct {
	Field     OrderField
	Ascending bool
}

// Window is which rows of an ordered list to return: those strictly after After
// and strictly before Before, and of these the first Limit, or with Backward the
// last Limit. Rows always come in the Query's order.
type Window struct {
	Limit         int // 1 to MaxPageSize; in a Lookup to MaxLookupRows
	Backward      bool
	After, Before *Cursor
}

func (w Window) validate(kinds []Kind, order Order, most int) error {
	if w.Limit < 1 || w.Limit > most {
		return Invalid("limit", "must be from 1 to %d", most)
	}
	for _, bound := range []struct {
		name   string
		cursor *Cursor
	}{{"after", w.After}, {"before", w.Before}} {
		if bound.cursor != nil && !bound.cursor.fits(kinds, order) {
			return Invalid(bound.name, "the cursor belongs to another list or order; start again without it")
		}
	}
	return nil
}

// Page is the rows of a Window, or those of its near end in the direction of travel
// where all would come to more than MaxPageBytes, or a Lookup's PageBytes.
type Page struct {
	Hits []Hit
	// HasNext and HasPrevious say whether rows that fit the query lie beyond the
	// last and the first row. In the direction of travel (next, or previous with
	// Backward) it is exact, be it the Limit or the bytes that ended the page; in the
	// other it is whether a cursor was given.
	HasNext, HasPrevious bool
}

// Hit is a row: a record, and how well it matched, 0 unless ordered by relevance.
type Hit struct {
	Record *Record
	Score  float64
}

// Records returns the records of the page.
func (p Page) Records() []*Record {
	records := make([]*Record, len(p.Hits))
	for i, hit := range p.Hits {
		records[i] = hit.Record
	}
	return records
}

// CursorAt returns the cursor of a row in this query's order.
func (q Query) CursorAt(hit Hit) Cursor {
	return Cursor{Kinds: q.Kinds, Order: q.Order, Time: hit.Record.Time, Org: hit.Record.Org,
		UniqueID: hit.Record.UniqueID, Score: hit.Score, Number: q.Order.NumberOf(hit.Record)}
}
