package rest

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

func (a *api) listDestinations(w http.ResponseWriter, r *http.Request) {
	q, err := destinationQuery(r, params{r.URL.Query(), a.Now()})
	if err != nil {
		a.fail(w, r, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), a.Timeout)
	defer cancel()
	page, err := a.Destinations.List(ctx, q)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	b := strconv.AppendInt([]byte(`{"limit":`), int64(q.Limit), 10)
	b = append(b, `,"audit_destinations":[`...)
	for i, d := range page.Destinations {
		if i > 0 {
			b = append(b, ',')
		}
		text, err := a.destinationFor(r, d)
		if err != nil {
			a.fail(w, r, err)
			return
		}
		b = append(b, text...)
	}
	b = append(b, ']')
	if page.Next != nil {
		b = appendTexts(append(b, `,"page_info":{"page_on":`...), page.PageOn)
		b = appendTexts(append(b, `,"page_at_key":`...), page.Next)
		b = appendTexts(append(b, `,"previous_key":`...), page.Previous)
		b = append(b, '}')
	}
	writeJSON(w, http.StatusOK, append(b, "}\n"...))
}

func appendTexts(dst []byte, texts []string) []byte {
	dst = append(dst, '[')
	for i, text := range texts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, text)
	}
	return append(dst, ']')
}

// destinationQuery reads what a request asks for.
func destinationQuery(r *http.Request, p params) (destination.Query, error) {
	scope, err := scopeOf(r, p)
	if err != nil {
		return destination.Query{}, err
	}
	limit, err := p.limit()
	if err != nil {
		return destination.Query{}, err
	}
	q := destination.Query{
		Scope: scope, Limit: limit, Type: p.text("destination_type"), Name: p.text("name"), Search: p.list("search_params"),
		PageOn: p.list("page_on"), Sort: p.list("page_sort"), PageAt: p.pageAt(),
	}
	if q.External, err = p.flag("external"); err != nil {
		return destination.Query{}, err
	}
	switch p.text("search_direction") {
	case "", "forwards":
	case "backwards":
		q.Backwards = true
	default:
		return destination.Query{}, audit.Invalid("search_direction", "must be forwards or backwards")
	}
	return q, nil
}

// flag returns a boolean as clients write it, nil when it was not given.
func (p params) flag(name string) (*bool, error) {
	value := strings.ToLower(p.text(name))
	switch value {
	case "":
		return nil, nil
	case "true", "false":
		is := value == "true"
		return &is, nil
	}
	return nil, audit.Invalid(name, "must be true or false")
}

// pageAt returns where a page begins, nil for the first: when none of the values
// was given. Beside another, one that looks like that is a value, such as an empty org.
func (p params) pageAt() []string {
	values := p.values["page_at_key"]
	if !slices.ContainsFunc(values, given) {
		return nil
	}
	return values
}
