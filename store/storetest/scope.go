package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func scopeGroup() group {
	return group{name: "scope", records: tenants, checks: []check{
		{"other orgs are invisible everywhere", checkScopes},
		{"a question without a scope is refused", checkForgottenScope},
	}}
}

var scopes = []audit.Scope{
	audit.AllOrgs(), audit.Orgs(""), audit.Orgs("a"), audit.Orgs("b", "a"), audit.Orgs("a", "b", "", "c"), audit.Orgs("nobody"),
	audit.Orgs("A"), audit.Orgs("a*"), audit.Orgs("a", "nobody"),
}

// tenants are the same few records in several orgs, the empty one included.
func tenants() []*audit.Record {
	var records []*audit.Record
	for i, org := range []string{"", "a", "b", "c", "A", "a*"} {
		for n := range 5 + i {
			text := epoch.Add(time.Duration(n) * time.Minute).Format(time.RFC3339)
			records = append(records, decode(fmt.Sprintf(`{"unique_id":"t-%d","create_time":%q,"event":{"event_name":"Token","session":"shared",
				"user_id":"user-%d","result":"Denied"}}`, n, text, n%2), org))
		}
	}
	return records
}

func checkScopes(t testing.TB, s *subject) {
	for _, scope := range scopes {
		for _, node := range []query.Node{nil, exact(query.Session, "shared"), query.Not{Node: exact(query.UserID, "user-0")},
			query.Words{Tokens: []string{"denied"}}, exact(query.OrgID, "b"), query.Not{Node: exact(query.OrgID, "b")}} {
			q := audit.Query{Scope: scope, Where: node}
			if err := s.walkBoth(q, 4); err != nil {
				t.Error(err)
			}
			checkCounts(t, s, q)
			checkFacet(t, s, audit.FacetRequest{Query: q, Field: query.UserID, Size: 10})
			checkFacet(t, s, audit.FacetRequest{Query: q, Field: query.OrgID, Size: 10})
			checkHistogram(t, s, audit.HistogramRequest{Query: q, Interval: time.Minute, By: query.OrgID, Size: 10})
		}
		var keys []audit.LookupKey
		for _, org := range []string{"", "a", "b", "nobody"} {
			keys = append(keys, audit.LookupKey{Org: org, Value: "shared"}, audit.LookupKey{Org: org, AnyOrg: true, Value: "shared"})
		}
		checkLookup(t, s, audit.Lookup{Scope: scope, Field: query.Session, Keys: keys})
	}
}

func checkForgottenScope(t testing.TB, s *subject) {
	ctx := context.Background()
	window := audit.Window{Limit: 1}
	for name, scope := range map[string]audit.Scope{"the zero scope": {}, "no orgs": audit.Orgs()} {
		q := audit.Query{Scope: scope, Window: window}
		_, err := s.Store.Search(ctx, q)
		expectCode(t, "search with "+name, err, audit.Internal)
		_, err = s.Store.Lookup(ctx, audit.Lookup{Scope: scope, Field: query.Session, Keys: []audit.LookupKey{{Org: "a", Value: "shared"}}, Window: window})
		expectCode(t, "look up with "+name, err, audit.Internal)
		_, err = s.Store.Lookup(ctx, audit.Lookup{Scope: scope, Field: query.Session, Window: window})
		expectCode(t, "look up nothing with "+name, err, audit.Internal)
		_, err = s.Store.Count(ctx, []audit.Query{everything, q})
		expectCode(t, "count with "+name, err, audit.Internal)
		_, err = s.Facets(ctx, []audit.FacetRequest{{Query: q, Field: query.UserID, Size: 1}})
		expectCode(t, "facets with "+name, err, audit.Internal)
		_, err = s.Histograms(ctx, []audit.HistogramRequest{{Query: q}})
		expectCode(t, "histograms with "+name, err, audit.Internal)
	}
}
