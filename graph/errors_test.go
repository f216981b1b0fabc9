package graph_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/authtrail/authtrail/audit"
)

func TestWhatTheCallerCanMendIsNamed(t *testing.T) {
	t.Parallel()
	a := newAPI(t, steps(3)...)
	deep := strings.Repeat(`{not:`, 25) + `{}` + strings.Repeat(`}`, 25)
	for name, test := range map[string]struct {
		document, field, message string
	}{
		"page too large":        {`{ authAudits(first: 501) { totalCount } }`, "first", "1 to 500"},
		"page too small":        {`{ audits(last: 0) { totalCount } }`, "last", "1 to 500"},
		"both ends":             {`{ events(first: 1, last: 1) { totalCount } }`, "last", "not both"},
		"page of flows":         {`{ loginFlows(first: -1) { totalCount } }`, "first", "1 to 500"},
		"nested page":           {`{ session(id: "s") { records(first: 501) { totalCount } } }`, "first", "1 to 500"},
		"no cursor":             {`{ authAudits(after: "x") { totalCount } }`, "after", "not a cursor"},
		"no cursor of flows":    {`{ loginFlows(before: "x") { totalCount } }`, "before", "not a cursor"},
		"cursor of a time":      {`{ authAudits(filter: {time: {gte: "soon"}}) { totalCount } }`, "filter.time.gte", ""},
		"no network":            {`{ authAudits(filter: {sourceIp: {cidr: "10.0.0.0/99"}}) { totalCount } }`, "filter.sourceIp.cidr", "no network"},
		"deep filter":           {`{ authAudits(filter: ` + deep + `) { totalCount } }`, "filter" + strings.Repeat(".not", 20), "20 levels"},
		"search":                {`{ authAudits(search: "a OR") { totalCount } }`, "search", "column"},
		"search of flows":       {`{ loginFlows(search: "(") { totalCount } }`, "search", "column"},
		"search of highlights":  {`{ authAudits(first: 1) { nodes { highlights(search: "(") { path } } } }`, "search", "column"},
		"facet size":            {`{ authAudits { facets(fields: [RESULT], size: 501) { field } } }`, "size", "1 to 500"},
		"id":                    {`{ node(id: "x") { id } }`, "id", "no id"},
		"ids":                   {`{ nodes(ids: ["x"]) { id } }`, "ids", "no id"},
		"cursor of other order": {`{ authAudits(after: "` + anyCursor + `", orderBy: {field: RELEVANCE}) { totalCount } }`, "after", "another"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := a.refused(t, test.document, nil)
			if err.Extensions["code"] != "BAD_USER_INPUT" || err.Extensions["field"] != test.field ||
				!strings.HasPrefix(err.Message, test.field+": ") || !strings.Contains(err.Message, test.message) {
				t.Errorf("got %q %v, want field %s and %q", err.Message, err.Extensions, test.field, test.message)
			}
		})
	}
}

var anyCursor = audit.Query{Kinds: []audit.Kind{audit.KindAuth}}.CursorAt(audit.Hit{Record: &audit.Record{Time: now}}).String()

func TestASearchThatCannotBeReadSaysWhere(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	err := a.refused(t, `{ authAudits(search: "denied (payroll") { totalCount } }`, nil)
	if err.Extensions["position"] == nil || err.Extensions["field"] != "search" {
		t.Errorf("got %q %v", err.Message, err.Extensions)
	}
}

func TestNumbersBeyond32BitsAreRefused(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for name, err := range map[string]*gqlerror.Error{
		"literal":  a.refused(t, `{ authAudits(first: 99999999999) { totalCount } }`, nil),
		"variable": a.refused(t, `query($n: Int) { authAudits(first: $n) { totalCount } }`, variables{"n": 99999999999}),
	} {
		if err.Extensions["code"] != "BAD_USER_INPUT" || err.Extensions["field"] != "first" {
			t.Errorf("%s: %q %v", name, err.Message, err.Extensions)
		}
	}
	if calls := a.taken(); len(calls) > 0 {
		t.Errorf("the store was asked: %q", calls)
	}
}

func TestDocumentsThatAreWrongAreBadInput(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, document := range []string{`{ nope }`, `{`, `{ authAudits(filter: {nope: 1}) { totalCount } }`,
		`{ authAudits { facets(fields: [NOPE]) { field } } }`} {
		if err := a.refused(t, document, nil); err.Extensions["code"] != "BAD_USER_INPUT" || err.Message == "" {
			t.Errorf("%s: %q %v", document, err.Message, err.Extensions)
		}
	}
}

func TestDefectsAreNotShown(t *testing.T) {
	t.Parallel()
	a := newAPI(t, steps(1)...)
	a.store.fail = errors.New("disk /secret/path is on fire")
	err := a.refused(t, `{ authAudits { nodes { uniqueId } } }`, nil)
	if err.Extensions["code"] != "INTERNAL" || strings.Contains(err.Error(), "secret") {
		t.Errorf("the caller learns %q %v", err.Error(), err.Extensions)
	}
	if _, told := err.Extensions["requestId"]; !told {
		t.Error("there is no request id")
	}
	if !strings.Contains(a.log.String(), "/secret/path") {
		t.Errorf("the log does not have it: %s", a.log)
	}
	a.store.fail = &audit.Error{Code: audit.Unavailable, Message: "the disk is full", RetryAfter: 1500 * 1e6}
	err = a.refused(t, `{ authAudits { nodes { uniqueId } } }`, nil)
	if err.Extensions["code"] != "UNAVAILABLE" || err.Message != "the disk is full" || err.Extensions["retryAfter"] != 2 {
		t.Errorf("got %q %v", err.Message, err.Extensions)
	}
}

func TestWithoutARoleNothingIsRead(t *testing.T) {
	t.Parallel()
	a := newAPI(t, steps(1)...)
	for _, document := range []string{`{ authAudits { totalCount } }`, `{ loginFlows { totalCount } }`, `{ session(id: "s") { id } }`,
		`{ loginFlow(requestId: "r-0") { id } }`, `subscription { authAuditAdded { id } }`} {
		_, errs := a.tryAs(audit.MemberOf("ann", "o", audit.RoleNone), document, nil)
		if len(errs) != 1 || errs[0].Extensions["code"] != "FORBIDDEN" {
			t.Errorf("%s: %v", document, errs)
		}
	}
	var data struct {
		Viewer struct{ Role, Subject string }
	}
	a.askAs(t, audit.MemberOf("ann", "o", audit.RoleNone), `{ viewer { role subject } }`, nil, &data)
	if data.Viewer.Role != "NONE" || data.Viewer.Subject != "ann" {
		t.Errorf("the viewer is %+v", data.Viewer)
	}
}
