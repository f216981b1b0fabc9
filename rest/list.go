package rest

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// listing is one of the two lists of records.
type listing struct {
	kind    audit.Kind
	member  string // what the rows are called in the answer
	filters []filter
	extra   func(params) query.Node // filters of another form, if any
	shape   shape
}

// filter is a parameter that compares a field exactly.
type filter struct {
	param string
	field query.Field
}

var authAudits = listing{
	kind: audit.KindAuth, member: "auth_audits", shape: authShape,
	filters: []filter{
		{"user_id", query.UserID}, {"session_id", query.Session}, {"trace_id", query.TraceID},
		{"upstream_user_id", query.UpstreamUserID}, {"upstream_idp", query.UpstreamIDP},
		{"login_org_id", query.LoginOrgID}, {"source_ip", query.SourceIP}, {"client_id", query.ClientID},
		{"event", query.Event}, {"stage", query.Stage}, {"request_id", query.RequestID},
		{"result", query.Result}, {"event_name", query.EventName},
	},
}

var audits = listing{
	kind: audit.KindAPI, member: "audits", shape: auditShape,
	filters: []filter{
		{"user_id", query.UserID}, {"action", query.Action}, {"target_id", query.TargetID},
		{"token_id", query.TokenID}, {"api_name", query.APIName},
		{"target_resource_type", query.TargetResourceType},
	},
	extra: attributeFilters,
}

// attributeFilters must all hold on the same attribute.
func attributeFilters(p params) query.Node {
	if p.text("resources_behind_connector_id") != "" {
		return query.None{} // no connector is known here, so nothing is behind one
	}
	types, possible := p.oneAndList("attribute_type", "attribute_type_list")
	ids, alsoPossible := p.oneAndList("attribute_id", "attribute_id_list")
	var orgs []string
	if org := p.text("attribute_org_id"); org != "" {
		orgs = []string{org}
	}
	switch {
	case !possible || !alsoPossible:
		return query.None{}
	case types == nil && ids == nil && orgs == nil:
		return query.All{}
	}
	return query.Attribute{Types: types, IDs: ids, OrgIDs: orgs}
}

func (a *api) list(l listing) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p := params{r.URL.Query(), a.Now()}
		q, err := l.query(r, p)
		if err != nil {
			a.fail(w, r, a.spendMistake(w, r, err))
			return
		}
		if err := a.Spend(r.Context(), w.Header(), int64(q.Window.Limit)); err != nil {
			a.fail(w, r, err)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), a.Timeout)
		defer cancel()
		page, err := a.Searcher.Search(ctx, q)
		if err != nil {
			a.fail(w, r, err)
			return
		}
		next := ""
		if page.HasNext || len(page.Hits) == q.Window.Limit {
			next = q.CursorAt(page.Hits[len(page.Hits)-1]).String()
			w.Header().Set("Link", "<"+a.PublicURL+nextPage(r.URL, p, next)+`>; rel="next"`)
		}
		l.write(w, q.Window.Limit, next, page.Hits)
	}
}

// query reads what a request asks for.
func (l listing) query(r *http.Request, p params) (audit.Query, error) {
	scope, err := scopeOf(r, p)
	if err != nil {
		return audit.Query{}, err
	}
	limit, err := p.limit()
	if err != nil {
		return audit.Query{}, err
	}
	from, err := p.from()
	if err != nil {
		return audit.Query{}, err
	}
	to, cursor, err := p.to()
	if err != nil {
		return audit.Query{}, err
	}
	where := []query.Node{query.TimeRange{From: from, To: to}}
	for _, f := range l.filters {
		if value := p.text(f.param); value != "" {
			where = append(where, query.Exact{Field: f.field, Values: []string{value}})
		}
	}
	if l.extra != nil {
		where = append(where, l.extra(p))
	}
	q := audit.Query{Scope: scope, Kinds: []audit.Kind{l.kind}, Where: query.AllOf(where...),
		Window: audit.Window{Limit: limit, After: cursor}}
	if cursor != nil && q.Validate() != nil {
		return audit.Query{}, audit.Invalid("dt_to", "this page_at_id comes from another list; start again without it")
	}
	return q, nil
}

// OrgOf returns the org that the parameters of a request name, as the API reads
// them; empty where they name none.
func OrgOf(r *http.Request) string { return params{values: r.URL.Query()}.text("org_id") }

func scopeOf(r *http.Request, p params) (audit.Scope, error) {
	principal := audit.PrincipalFrom(r.Context())
	if principal.Role < audit.RoleViewer {
		return audit.Scope{}, &audit.Error{Code: audit.Forbidden, Message: "reading audit records needs a role, which you do not have"}
	}
	org := p.text("org_id")
	if org == "" {
		return principal.Scope(), nil
	}
	scope, ok := principal.Scope().Narrow(org)
	if !ok {
		return audit.Scope{}, &audit.Error{Code: audit.Forbidden, Field: "org_id", Message: "this organisation is not yours"}
	}
	return scope, nil
}

// nextPage is the request for the rows after these. A lower bound relative to
// now becomes fixed, since rows would drop out of the list while it is read.
func nextPage(u *url.URL, p params, cursor string) string {
	values := u.Query()
	values.Set("dt_to", cursor)
	if from, err := p.from(); err == nil && !from.IsZero() {
		values.Set("dt_from", from.Format(time.RFC3339Nano))
	}
	return u.EscapedPath() + "?" + values.Encode()
}

// flushAt is how much of an answer is gathered before it is sent: a page may
// hold 500 rows of any size, which need not be in memory twice.
const flushAt = 64 << 10

func (l listing) write(w http.ResponseWriter, limit int, next string, rows []audit.Hit) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	b := make([]byte, 0, flushAt+flushAt/4)
	b = strconv.AppendInt(append(b, `{"limit":`...), int64(limit), 10)
	if next != "" {
		b = appendMember(append(b, ','), "page_at_id", next)
	}
	b = append(appendName(append(b, ','), l.member), '[')
	for i, row := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = l.shape.append(b, row.Record)
		if len(b) >= flushAt {
			if _, err := w.Write(b); err != nil {
				return // the client has gone
			}
			b = b[:0]
		}
	}
	_, _ = w.Write(append(b, "]}\n"...))
}
