package destination

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Query asks for destinations. All that is set must hold.
type Query struct {
	Scope    audit.Scope // required
	Type     string
	Name     string
	External *bool    // a destination without routing is not external
	Search   []string // each is part of the name, comment or location, in any case

	// PageOn are the keys that the list is ordered by, the first first: id (as it is
	// when none is named), name, org_id, created. Sort says asc or desc for each.
	PageOn, Sort []string
	// PageAt is where the page before ended, a value for each of the keys, or for the
	// first of them; nil for the first page.
	PageAt []string
	// Backwards goes through the list from its end, or from PageAt to its beginning.
	Backwards bool
	Limit     int // 1 to audit.MaxPageSize
}

// Page is a part of a list.
type Page struct {
	Destinations []Destination
	// PageOn are the keys of the query, and the id where they would not tell
	// destinations apart. With them, Next goes on after the page in its direction, and
	// Previous in the other. Both are nil for a page without destinations.
	PageOn         []string
	Next, Previous []string
}

// keys are what a list can be ordered by. All compare as text.
var keys = map[string]func(Destination) string{
	"id":      func(d Destination) string { return d.ID },
	"name":    func(d Destination) string { return d.Spec.Name },
	"org_id":  func(d Destination) string { return d.Spec.OrgID },
	"created": func(d Destination) string { return formatTime(d.Created) },
}

// List returns a page of the destinations that a query asks for.
func (s *Store) List(ctx context.Context, q Query) (Page, error) {
	if err := q.complete(); err != nil {
		return Page{}, err
	}
	rows, err := s.rows(ctx, q.Scope)
	if err != nil {
		return Page{}, wrap("list destinations", err)
	}
	page := Page{PageOn: q.PageOn}
	for _, r := range rows {
		if !r.pending && q.matches(r.Destination) && (q.PageAt == nil || q.compare(q.key(r.Destination), q.PageAt) > 0) {
			page.Destinations = append(page.Destinations, r.Destination)
		}
	}
	slices.SortFunc(page.Destinations, func(a, b Destination) int { return q.compare(q.key(a), q.key(b)) })
	page.Destinations = page.Destinations[:min(len(page.Destinations), q.Limit)]
	if n := len(page.Destinations); n > 0 {
		page.Previous, page.Next = q.key(page.Destinations[0]), q.key(page.Destinations[n-1])
	}
	return page, nil
}

// complete checks the query, and adds the id to its keys where they need it.
func (q *Query) complete() error {
	if len(q.PageOn) == 0 {
		q.PageOn = []string{"id"}
	}
	for _, name := range q.PageOn {
		if keys[name] == nil {
			return audit.Invalid("page_on", "%q is no pagination key; use id, name, org_id or created", name)
		}
	}
	if !slices.Contains(q.PageOn, "id") {
		q.PageOn = append(slices.Clip(q.PageOn), "id")
	}
	for _, order := range q.Sort {
		if order != "asc" && order != "desc" {
			return audit.Invalid("page_sort", "must be asc or desc")
		}
	}
	switch {
	case len(q.Sort) > len(q.PageOn):
		return audit.Invalid("page_sort", "has more values than page_on")
	case len(q.PageAt) > len(q.PageOn):
		return audit.Invalid("page_at_key", "has more values than page_on")
	}
	q.PageAt = slices.Clone(q.PageAt)
	for i, value := range q.PageAt {
		if q.PageOn[i] == "created" {
			at, ok := query.ParseInstant(value)
			if !ok {
				return audit.Invalid("page_at_key", "must be an RFC 3339 date and time where page_on is created")
			}
			q.PageAt[i] = formatTime(at)
		}
	}
	return nil
}

func (q *Query) key(d Destination) []string {
	values := make([]string, len(q.PageOn))
	for i, name := range q.PageOn {
		values[i] = keys[name](d)
	}
	return values
}

// compare orders two keys in the direction of the query, by as many values as both have.
func (q *Query) compare(a, b []string) int {
	for i := range min(len(a), len(b)) {
		c := cmp.Compare(a[i], b[i])
		if i < len(q.Sort) && q.Sort[i] == "desc" {
			c = -c
		}
		if q.Backwards {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

func (q *Query) matches(d Destination) bool {
	external := d.Spec.Routing != nil && d.Spec.Routing.External
	if q.Type != "" && q.Type != d.Spec.Type || q.Name != "" && q.Name != d.Spec.Name ||
		q.External != nil && *q.External != external {
		return false
	}
	for _, part := range q.Search {
		part = strings.ToLower(part)
		in := func(text string) bool { return strings.Contains(strings.ToLower(text), part) }
		if !in(d.Spec.Name) && !in(d.Spec.Comment) && !in(d.Spec.Location) {
			return false
		}
	}
	return true
}
