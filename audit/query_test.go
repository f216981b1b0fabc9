package audit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func TestQueriesThatAreRefused(t *testing.T) {
	t.Parallel()
	all := audit.AllOrgs()
	place := audit.Cursor{Time: firstTime}
	older := audit.Cursor{Time: firstTime, Order: audit.Order{Ascending: true}}
	key := make([]audit.LookupKey, audit.MaxLookupKeys+1)
	one := audit.Window{Limit: 1}
	for name, c := range map[string]struct {
		err   error
		code  audit.Code
		field string
	}{
		"nothing":           {audit.Query{Window: one}.Validate(), audit.Internal, ""},
		"no orgs":           {audit.Query{Scope: audit.Orgs(), Window: one}.Validate(), audit.Internal, ""},
		"limit 0":           {audit.Query{Scope: all}.Validate(), audit.BadUserInput, "limit"},
		"limit -1":          {audit.Query{Scope: all, Window: audit.Window{Limit: -1}}.Validate(), audit.BadUserInput, "limit"},
		"limit 501":         {audit.Query{Scope: all, Window: audit.Window{Limit: 501}}.Validate(), audit.BadUserInput, "limit"},
		"foreign after":     {audit.Query{Scope: all, Window: audit.Window{Limit: 1, After: &older}}.Validate(), audit.BadUserInput, "after"},
		"foreign before":    {audit.Query{Scope: all, Window: audit.Window{Limit: 1, After: &place, Before: &older}}.Validate(), audit.BadUserInput, "before"},
		"look-up, no scope": {audit.Lookup{Window: one}.Validate(), audit.Internal, ""},
		"look-up, keys":     {audit.Lookup{Scope: all, Keys: key, Window: one}.Validate(), audit.BadUserInput, "keys"},
		"look-up, limit":    {audit.Lookup{Scope: all, Window: audit.Window{Limit: audit.MaxLookupRows + 1}}.Validate(), audit.BadUserInput, "limit"},
		"look-up, order":    {audit.Lookup{Scope: all, Order: audit.Order{Field: audit.ByRelevance}, Window: one}.Validate(), audit.BadUserInput, "orderBy"},
		"facet, no scope":   {audit.FacetRequest{Field: query.UserID, Size: 1}.Validate(), audit.Internal, ""},
		"facet, size":       {audit.FacetRequest{Query: audit.Query{Scope: all}, Field: query.UserID, Size: 501}.Validate(), audit.BadUserInput, "size"},
		"facet, field":      {audit.FacetRequest{Query: audit.Query{Scope: all}, Field: "nonsense", Size: 1}.Validate(), audit.BadUserInput, "field"},
		"histogram":         {audit.HistogramRequest{}.Validate(), audit.Internal, ""},
		"histogram, week":   {audit.HistogramRequest{Query: audit.Query{Scope: all}, Interval: 7 * 24 * time.Hour}.Validate(), audit.BadUserInput, "interval"},
		"histogram, by":     {audit.HistogramRequest{Query: audit.Query{Scope: all}, By: "nonsense", Size: 1}.Validate(), audit.BadUserInput, "by"},
		"histogram, size":   {audit.HistogramRequest{Query: audit.Query{Scope: all}, By: query.Result}.Validate(), audit.BadUserInput, "size"},
	} {
		known := audit.AsError(c.err)
		if known == nil || known.Code != c.code || known.Field != c.field {
			t.Errorf("%s: %+v, want %s in %q", name, known, c.code, c.field)
		}
	}
}

func TestRequestsThatAreAccepted(t *testing.T) {
	t.Parallel()
	q := audit.Query{Scope: audit.Orgs(""), Window: audit.Window{Limit: 500}}
	for name, err := range map[string]error{
		"query":     q.Validate(),
		"look-up":   audit.Lookup{Scope: q.Scope, Keys: make([]audit.LookupKey, audit.MaxLookupKeys), Window: audit.Window{Limit: audit.MaxLookupRows}}.Validate(),
		"facet":     audit.FacetRequest{Query: audit.Query{Scope: q.Scope}, Field: query.AttributeID, Size: 500}.Validate(),
		"histogram": audit.HistogramRequest{Query: audit.Query{Scope: q.Scope}, Interval: time.Hour}.Validate(),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestScope(t *testing.T) {
	t.Parallel()
	some := audit.Orgs("b", "", "a", "b")
	if !slices.Equal(some.List(), []string{"", "a", "b"}) || some.All() {
		t.Errorf("orgs = %q", some.List())
	}
	for org, allowed := range map[string]bool{"": true, "a": true, "c": false, "A": false} {
		if some.Allows(org) != allowed || !audit.AllOrgs().Allows(org) || (audit.Scope{}).Allows(org) {
			t.Errorf("org %q is wrongly allowed or refused", org)
		}
		narrow, ok := some.Narrow(org)
		if ok != allowed || ok && !slices.Equal(narrow.List(), []string{org}) || !ok && narrow.Validate() == nil {
			t.Errorf("narrowed to %q: %v %v", org, narrow, ok)
		}
	}
	if everyone := audit.AllOrgs(); !everyone.All() || everyone.Validate() != nil || some.Validate() != nil {
		t.Error("a scope that says something is refused")
	}
}

func TestALookUpNeverLeavesItsScope(t *testing.T) {
	t.Parallel()
	l := audit.Lookup{Scope: audit.Orgs("a", "b"), Field: query.Session, Window: audit.Window{Limit: 3}}
	if q := l.Query(audit.LookupKey{Org: "c", Value: "s"}); !query.Equal(q.Where, query.None{}) || q.Scope.Allows("c") {
		t.Errorf("another org's key asks %v", q)
	}
	if q := l.Query(audit.LookupKey{Org: "a", Value: "s"}); !slices.Equal(q.Scope.List(), []string{"a"}) || q.Window.Limit != 3 {
		t.Errorf("a key in org a asks %v", q)
	}
	if q := l.Query(audit.LookupKey{Org: "c", AnyOrg: true, Value: "s"}); !slices.Equal(q.Scope.List(), []string{"a", "b"}) ||
		!query.Equal(q.Where, query.Exact{Field: query.Session, Values: []string{"s"}}) {
		t.Errorf("a key in any org asks %v", q)
	}
	if q := l.Query(audit.LookupKey{Org: "a", Field: query.TokenID, Value: "t"}); !query.Equal(q.Where, query.Exact{Field: query.TokenID, Values: []string{"t"}}) {
		t.Errorf("a key with a field of its own asks %v", q)
	}
}

func TestAsError(t *testing.T) {
	t.Parallel()
	known := audit.Invalid("limit", "must be %d", 1)
	for name, c := range map[string]struct {
		err  error
		code audit.Code
	}{
		"itself":    {known, audit.BadUserInput},
		"wrapped":   {fmt.Errorf("search: %w", known), audit.BadUserInput},
		"deadline":  {fmt.Errorf("search: %w", context.DeadlineExceeded), audit.Unavailable},
		"cancelled": {context.Canceled, audit.Unavailable},
		"a secret":  {errors.New("password=hunter2"), audit.Internal},
	} {
		got := audit.AsError(c.err)
		if got.Code != c.code || strings.Contains(got.Error(), "hunter2") {
			t.Errorf("%s: %s %q, want %s", name, got.Code, got, c.code)
		}
		if !errors.Is(c.err, got) && !errors.Is(got, c.err) {
			t.Errorf("%s: the cause is lost", name)
		}
	}
	if audit.AsError(nil) != nil {
		t.Error("no error became one")
	}
	if known.Error() != "limit: must be 1" {
		t.Errorf("message = %q", known.Error())
	}
}

func TestPrincipals(t *testing.T) {
	t.Parallel()
	if audit.PrincipalFrom(t.Context()).Scope().Validate() == nil {
		t.Error("nobody may see something")
	}
	member := audit.MemberOf("s", "a", audit.RoleViewer)
	got := audit.PrincipalFrom(audit.WithPrincipal(t.Context(), member))
	if got.Subject != "s" || !got.Scope().Allows("a") || got.Scope().Allows("") {
		t.Errorf("principal = %+v", got)
	}
}
