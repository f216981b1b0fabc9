package storetest

import (
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// SearchText generates searches as people type them, all of which parse.
func SearchText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string { return searchText(t, 2) })
}

func searchText(t *rapid.T, depth int) string {
	var b strings.Builder
	for i := range rapid.IntRange(1, 3).Draw(t, "terms") {
		if i > 0 {
			b.WriteString(rapid.SampledFrom([]string{" ", " ", " OR ", " AND "}).Draw(t, "operator"))
		}
		b.WriteString(rapid.SampledFrom([]string{"", "", "", "-", "NOT "}).Draw(t, "not"))
		if depth > 0 && rapid.IntRange(0, 3).Draw(t, "group") == 0 {
			b.WriteString("(" + searchText(t, depth-1) + ")")
			continue
		}
		b.WriteString(searchTerm(t))
	}
	return b.String()
}

func searchTerm(t *rapid.T) string {
	star := rapid.SampledFrom([]string{"", "", "*"}).Draw(t, "star")
	switch rapid.IntRange(0, 7).Draw(t, "term") {
	case 0, 1:
		return rapid.SampledFrom([]string{"denied", "DEN", "zoe", "Zoë", "water", "wat", "東", "straße", "10.1.2.3", "a_b", "g-1", "1", "x"}).Draw(t, "word") + star
	case 2:
		return `"` + rapid.SampledFrom([]string{"water scada", "scada water", "the water", "a b", "1 2", "2 1 2 3", "user 1 org"}).Draw(t, "phrase") + `"` + star
	case 3:
		name := rapid.SampledFrom([]string{"user", "result", "event", "idp", "session", "org", "app", "user_agent", "request_id", "description",
			"extra.a", "extra.a.b", "extra.note", "attribute_id"}).Draw(t, "name")
		return name + ":" + rapid.SampledFrom([]string{"denied", `"Water SCADA"`, "zoe", "a", "s-1", `"a b"`, "10", "ab"}).Draw(t, "value") + star
	case 4:
		return "has:" + rapid.SampledFrom([]string{"session", "user_id", "result", "extra.a", "extra.note", "source_ip", "attribute_id"}).Draw(t, "has")
	case 5:
		return "ip:" + rapid.SampledFrom(append([]string{"10.1.2.3", "::1"}, cidrs...)).Draw(t, "network")
	case 6:
		comparison := rapid.SampledFrom([]string{">=", "<", ">", "<="}).Draw(t, "comparison")
		return "time:" + comparison + epoch.Add(rapid.SampledFrom(offsets).Draw(t, "time")).Format(time.RFC3339Nano)
	}
	return rapid.SampledFrom([]string{"*", "result:*", `extra.a:"x"`, "user:zo*"}).Draw(t, "other")
}

// Query generates queries without a window: a scope, kinds, an order by time, and a tree.
func Query(where *rapid.Generator[query.Node]) *rapid.Generator[audit.Query] {
	return rapid.Custom(func(t *rapid.T) audit.Query {
		scopes := []audit.Scope{audit.AllOrgs(), audit.AllOrgs(), audit.Orgs("a"), audit.Orgs("", "b"), audit.Orgs("nobody")}
		kinds := [][]audit.Kind{nil, nil, {audit.KindAuth}, {audit.KindAPI, audit.KindGeneric}, {audit.KindGeneric, audit.KindRead}}
		return audit.Query{
			Scope: rapid.SampledFrom(scopes).Draw(t, "scope"),
			Kinds: rapid.SampledFrom(kinds).Draw(t, "kinds"),
			Where: where.Draw(t, "where"),
			Order: audit.Order{Ascending: rapid.Bool().Draw(t, "ascending")},
		}
	})
}
