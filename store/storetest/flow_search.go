package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func flowNodesGroup() group {
	generated := func() []*audit.Record { return Flows(9, 150) }
	return group{name: "filters of rows", records: generated, checks: []check{
		{"words, together over a whole row", func(t testing.TB, s *subject) {
			denied, water := query.Words{Tokens: []string{"denied"}}, query.Words{Tokens: []string{"water"}}
			checkFlowNodes(t, s, denied, water, query.And{Nodes: []query.Node{denied, water}}, query.Or{Nodes: []query.Node{denied, water}},
				query.Words{Tokens: []string{"water", "scada"}}, query.Words{Tokens: []string{"scada", "denied"}}, query.Words{Tokens: []string{"de"}, Prefix: true},
				query.And{Nodes: []query.Node{denied, query.Not{Node: water}}}, query.Words{Tokens: []string{"zoe"}}, query.Words{Tokens: []string{"undecided"}})
		}},
		{"networks", checkEachFlowNode(networks("10.0.0.0/8", "10.1.2.3/32", "0.0.0.0/0", "2001:db8::/64", "10.1.2.2/31")...)},
		{"times", checkEachFlowNode(ranges(0, 1, 999, 1_000_000, time.Hour)...)},
		{"additional properties", checkEachFlowNode(query.HasExtra{Path: "a"}, query.HasExtra{Path: "note"}, query.ExtraValue{Path: "a", Value: "denied"},
			query.ExtraValue{Path: "a.b", Value: "z", Prefix: true}, query.ExtraValue{Path: "subsystem", Value: "a"}, query.HasExtra{Path: "subsystem"})},
		{"no row has attributes", checkEachFlowNode(query.Attribute{}, query.Attribute{Types: []string{"s-1"}}, query.Attribute{IDs: []string{"s-1", "S-1"}})},
		{"kinds", func(t testing.TB, s *subject) {
			for _, kinds := range [][]audit.Kind{nil, {audit.KindFlow}, {audit.KindAuth}, {audit.KindGeneric, audit.KindFlow}} {
				q := audit.Query{Scope: audit.AllOrgs(), Kinds: kinds}
				if err := s.walkBoth(q, 31); err != nil {
					t.Error(err)
				}
				checkCounts(t, s, q)
			}
		}},
		{"by relevance, the same rows", func(t testing.TB, s *subject) {
			q := audit.Query{Scope: audit.AllOrgs(), Where: query.Words{Tokens: []string{"denied"}}, Order: audit.Order{Field: audit.ByRelevance}, Window: audit.Window{Limit: 20}}
			got, err := walk(s.Store, q)
			if err == nil {
				err = differ(sorted(got), sorted(s.Matching(q)))
			}
			if err != nil {
				t.Error(err)
			}
		}},
	}}
}

func checkEachFlowNode(nodes ...query.Node) func(testing.TB, *subject) {
	return func(t testing.TB, s *subject) { checkFlowNodes(t, s, nodes...) }
}

func flowCountsGroup() group {
	rows := func() []*audit.Record { return Flows(11, 250) }
	return group{name: "counts of rows", records: rows, checks: []check{
		{"facets and histograms of every field", func(t testing.TB, s *subject) {
			for _, field := range FlowFormat().Fields {
				for _, q := range []audit.Query{everything, {Scope: audit.Orgs("a")}, where(exact(query.FlowOutcome, "DENIED", "FAILED"))} {
					checkFacet(t, s, audit.FacetRequest{Query: q, Field: field, Size: 7})
					checkHistogram(t, s, audit.HistogramRequest{Query: q, Interval: time.Hour, By: field, Size: 3})
				}
			}
		}},
		{"several at once, in order", func(t testing.TB, s *subject) {
			checkCounts(t, s, everything, where(query.None{}), where(exact(query.FlowOutcome, "DENIED")), everything)
		}},
	}}
}

func flowLookupGroup() group {
	rows := func() []*audit.Record { return Flows(5, 200) }
	return group{name: "look-up of rows", records: rows, checks: []check{
		{"by every id", func(t testing.TB, s *subject) {
			for _, field := range []query.Field{query.FlowID, query.FlowRecordID, query.RequestID, query.UniqueID, query.Session, query.TraceID, query.TokenID} {
				var keys []audit.LookupKey
				for _, value := range []string{"f-1", "f-2", "F-1", "former", "g-1", "g-10", "G-1", "s-1", "S-1", "s-11", "", "nothing", "g-1 "} {
					for _, org := range []string{"", "a", "b"} {
						keys = append(keys, audit.LookupKey{Org: org, Value: value})
					}
					keys = append(keys, audit.LookupKey{AnyOrg: true, Value: value})
				}
				for _, scope := range []audit.Scope{audit.AllOrgs(), audit.Orgs("a", "A")} {
					checkLookup(t, s, audit.Lookup{Scope: scope, Field: field, Keys: keys})
					checkLookup(t, s, audit.Lookup{Scope: scope, Kinds: []audit.Kind{audit.KindFlow}, Field: field, Keys: keys,
						Order: audit.Order{Ascending: true}, Window: audit.Window{Limit: 2}})
				}
			}
		}},
		{"keys of several fields", func(t testing.TB, s *subject) {
			keys := []audit.LookupKey{{AnyOrg: true, Value: "f-1"}, {Field: query.FlowRecordID, AnyOrg: true, Value: "g-1"},
				{Field: query.Session, Org: "a", Value: "s-1"}, {Field: query.FlowID, Org: "a", Value: "former"}, {Field: query.TokenID, AnyOrg: true, Value: "s-2"}}
			checkLookup(t, s, audit.Lookup{Scope: audit.AllOrgs(), Field: query.FlowID, Keys: keys})
			checkLookup(t, s, audit.Lookup{Scope: audit.Orgs("a"), Field: query.FlowRecordID, Keys: keys})
		}},
		{"2,000 keys at once", func(t testing.TB, s *subject) {
			var keys []audit.LookupKey
			for i := range audit.MaxLookupKeys {
				keys = append(keys, audit.LookupKey{AnyOrg: true, Value: fmt.Sprintf("f-%d", i*7%300)})
			}
			checkLookup(t, s, audit.Lookup{Scope: audit.AllOrgs(), Field: query.FlowID, Keys: keys, Window: audit.Window{Limit: 3}})
		}},
	}}
}

func flowScopeGroup() group {
	return group{name: "scope of rows", records: flowTenants, checks: []check{
		{"other orgs are invisible everywhere", func(t testing.TB, s *subject) {
			for _, scope := range scopes {
				for _, node := range []query.Node{nil, exact(query.Session, "shared"), query.Not{Node: exact(query.FlowOutcome, "DENIED")}, query.Words{Tokens: []string{"shared"}}} {
					q := audit.Query{Scope: scope, Where: node}
					if err := s.walkBoth(q, 4); err != nil {
						t.Error(err)
					}
					if err := s.scanned(q); err != nil {
						t.Error(err)
					}
					for _, order := range numberOrders() {
						if err := s.walkBoth(ordered(order, scope, node), 20); err != nil {
							t.Error(err)
						}
					}
					checkCounts(t, s, q)
					checkFacet(t, s, audit.FacetRequest{Query: q, Field: query.OrgID, Size: 10})
					checkHistogram(t, s, audit.HistogramRequest{Query: q, Interval: time.Minute, By: query.OrgID, Size: 10})
				}
			}
		}},
		{"a question without a scope is refused", func(t testing.TB, s *subject) {
			_, err := s.Store.Search(context.Background(), audit.Query{Window: audit.Window{Limit: 1}})
			expectCode(t, "search without a scope", err, audit.Internal)
			err = s.rows().Scan(context.Background(), audit.Query{}, func(*audit.Record) bool { return true })
			expectCode(t, "scan without a scope", err, audit.Internal)
		}},
	}}
}

// flowTenants are the same rows in several orgs, the empty one included.
func flowTenants() []*audit.Record {
	var rows []*audit.Record
	for i, org := range []string{"", "a", "b", "c", "A", "a*"} {
		for n := range 5 + i {
			rows = append(rows, flow(org, fmt.Sprintf("t-%d", n), epoch.Add(time.Duration(n)*time.Minute), time.Duration(n/2)*time.Second,
				map[query.Field][]string{query.Session: {"shared"}, query.FlowOutcome: {outcomes[n%4]}}).record())
		}
	}
	return rows
}

func scanGroup() group {
	rows := func() []*audit.Record { return Flows(6, 1_200) }
	return group{name: "scan", records: rows, checks: []check{
		{"gives what a search gives", func(t testing.TB, s *subject) {
			minute := int64(60_000)
			for _, q := range []audit.Query{everything, {Scope: audit.Orgs("a")}, where(query.Words{Tokens: []string{"water"}}), where(query.None{}),
				where(exact(query.FlowOutcome, "DENIED")), where(query.TimeRange{From: epoch, To: epoch.Add(time.Hour)}), where(query.HasExtra{Path: "a"}),
				where(query.NumberRange{Field: query.FlowDurationMS, Max: &minute}), where(query.ExactPrefix{Field: query.FlowShape, Prefix: "Req"}),
				{Scope: audit.AllOrgs(), Kinds: []audit.Kind{audit.KindFlow}, Order: audit.Order{Field: audit.ByDuration}, Window: audit.Window{Limit: -3}}} {
				if err := s.scanned(q); err != nil {
					t.Error(err)
				}
			}
		}},
		{"stops when it is told", func(t testing.TB, s *subject) {
			for _, enough := range []int{1, 2, 700} {
				given := 0
				err := s.rows().Scan(context.Background(), everything, func(*audit.Record) bool { given++; return given < enough })
				if given != enough || err != nil {
					t.Errorf("%d rows were given, want %d: %v", given, enough, err)
				}
			}
		}},
		{"a question within", func(t testing.TB, s *subject) {
			err := s.rows().Scan(context.Background(), everything, func(r *audit.Record) bool {
				held := s.held(t, r.Key())
				return held != nil
			})
			if err != nil {
				t.Error(err)
			}
		}},
	}}
}

func flowLifecycleGroup() group {
	return group{name: "lifecycle of rows", checks: []check{
		{"a cancelled context ends every call", func(t testing.TB, s *subject) {
			s.fill(t, logins(2))
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			for name, call := range s.flowCalls(t) {
				if err := call(ctx); !errors.Is(err, context.Canceled) {
					t.Errorf("%s with a cancelled context: %v, want its error", name, err)
				}
			}
		}},
		{"a closed store is unavailable", func(t testing.TB, s *subject) {
			s.fill(t, logins(2))
			calls := s.flowCalls(t)
			if err := s.Close(); err != nil {
				t.Fatalf("close: %v", err)
			}
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			for name, call := range calls {
				expectCode(t, name+" after Close", call(ctx), audit.Unavailable)
			}
		}},
		{"closing ends a wait", checkCloseEndsWait},
	}}
}

// flowCalls are all calls of a store of rows, by name.
func (s *subject) flowCalls(t testing.TB) map[string]func(context.Context) error {
	t.Helper()
	calls := s.calls(t)
	delete(calls, "Append")
	was := s.versions(t)[login(0, "", 0).record().Key()]
	calls["Replace"] = func(ctx context.Context) error {
		return s.rows().Replace(ctx, []audit.Replacement{{Row: login(0, "DENIED", 1).record(), Was: was}})
	}
	calls["Scan"] = func(ctx context.Context) error {
		return s.rows().Scan(ctx, everything, func(*audit.Record) bool { return true })
	}
	calls["Search by a number"] = func(ctx context.Context) error {
		q := ordered(audit.Order{Field: audit.ByEndedAt}, audit.AllOrgs(), nil)
		q.Window.Limit = 1
		_, err := s.Store.Search(ctx, q)
		return err
	}
	return calls
}
