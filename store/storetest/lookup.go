package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func lookupGroup() group {
	return group{name: "look-up", records: linked, checks: []check{
		{"by every id", checkLookupFields},
		{"windows hold for each key", checkLookupWindows},
		{"2,000 keys at once", checkManyKeys},
		{"too many keys, or no order by time", checkRefusedLookups},
		{"exactly, byte by byte", checkExactLookup},
		{"keys of several fields", checkMixedLookup},
		{"as many rows as an id may lead to", checkLargeLookup},
	}}
}

// linked are records tied together by ids: 40 sessions with one to ten records
// each, in two orgs that share some of them.
func linked() []*audit.Record {
	var records []*audit.Record
	for session := range 40 {
		for n := range 1 + session%10 {
			i := len(records)
			members := fmt.Sprintf(`"event_name":"Token","session":"ses-%d","request_id":"req-%d","trace_id":"tr-%d","token_id":"tok-%d"`,
				session, i/2, i/3, session/2)
			if n == 3 {
				members = fmt.Sprintf(`"api_name":"users","session":"ses-%d","token_id":"tok-%d"`, session, session/2)
			}
			at := epoch.Add(time.Duration(i*37%11) * time.Second)
			records = append(records, eventOf([]string{"org-a", "org-b"}[i%2], fmt.Sprintf("l-%d", i), at, members))
		}
	}
	for i := range audit.MaxLookupRows + 1 {
		records = append(records, eventOf("org-c", fmt.Sprintf("c-%d", i), epoch.Add(time.Duration(i*7919%1_000)*time.Second), `"event_name":"Token","session":"crowd"`))
	}
	return append(records, eventOf("org-a", "upper", epoch, `"event_name":"Token","session":"SES-1"`),
		eventOf("org-a", "longer", epoch, `"event_name":"Token","session":"ses-1 "`), eventOf("org-a", "none", epoch, `"event_name":"Token","session":""`))
}

// checkLookup compares a look-up with the oracle; the window's default is the largest.
func checkLookup(t testing.TB, s *subject, l audit.Lookup) {
	t.Helper()
	if l.Window.Limit == 0 {
		l.Window.Limit = audit.MaxPageSize
	}
	got, err := s.Store.Lookup(context.Background(), l)
	want := s.Oracle.Lookup(l)
	if err != nil || len(got) != len(want) {
		t.Errorf("look up %d keys of %s: %d pages, %v", len(l.Keys), l.Field, len(got), err)
		return
	}
	for i := range want {
		if err := differPage(got[i], want[i]); err != nil {
			t.Errorf("look up %s, key %d %+v of %d, in the scope %+v, kinds %v, window %+v: %v", l.Field, i, l.Keys[i], len(l.Keys),
				l.Scope, l.Kinds, l.Window, err)
			return
		}
	}
}

func checkLookupFields(t testing.TB, s *subject) {
	for field, pattern := range map[query.Field]string{query.Session: "ses-%d", query.RequestID: "req-%d", query.TraceID: "tr-%d",
		query.TokenID: "tok-%d", query.UniqueID: "l-%d"} {
		for _, org := range []string{"org-a", "org-b", "org-c", ""} {
			var keys []audit.LookupKey
			for i := range 45 {
				value := fmt.Sprintf(pattern, i*29%45) // in no order, and some that nothing has
				keys = append(keys, audit.LookupKey{Org: org, Value: value}, audit.LookupKey{AnyOrg: true, Value: value})
			}
			for _, kinds := range [][]audit.Kind{nil, {audit.KindAPI}, {audit.KindGeneric, audit.KindAuth}, append(audit.Kinds[:3:3], audit.KindRead)} {
				checkLookup(t, s, audit.Lookup{Scope: audit.AllOrgs(), Kinds: kinds, Field: field, Keys: keys})
			}
		}
	}
}

func checkLookupWindows(t testing.TB, s *subject) {
	keys := []audit.LookupKey{{AnyOrg: true, Value: "ses-9"}, {Org: "org-a", Value: "ses-19"}, {AnyOrg: true, Value: "ses-0"}, {AnyOrg: true, Value: "ses-9"}}
	for _, order := range []audit.Order{{}, {Ascending: true}} {
		l := audit.Lookup{Scope: audit.Orgs("org-a", "org-b"), Field: query.Session, Keys: keys, Order: order}
		rows := s.Matching(l.Query(keys[0]))
		for _, limit := range []int{1, 2, len(rows) - 1, len(rows), 500} {
			for _, backward := range []bool{false, true} {
				for _, place := range []int{-1, 0, 4, len(rows) - 1} {
					q := audit.Query{Order: order}
					l.Window = audit.Window{Limit: limit, Backward: backward, After: cursorOf(q, rows, place)}
					checkLookup(t, s, l)
					l.Window = audit.Window{Limit: limit, Backward: backward, Before: cursorOf(q, rows, place)}
					checkLookup(t, s, l)
				}
			}
		}
	}
}

func checkManyKeys(t testing.TB, s *subject) {
	var keys []audit.LookupKey
	for i := range audit.MaxLookupKeys {
		keys = append(keys, audit.LookupKey{Org: "org-b", AnyOrg: i%3 == 0, Value: fmt.Sprintf("ses-%d", i*7%1_000)})
	}
	checkLookup(t, s, audit.Lookup{Scope: audit.AllOrgs(), Field: query.Session, Keys: keys, Window: audit.Window{Limit: 3}})
	checkLookup(t, s, audit.Lookup{Scope: audit.AllOrgs(), Field: query.Session})
}

func checkRefusedLookups(t testing.TB, s *subject) {
	l := audit.Lookup{Scope: audit.AllOrgs(), Field: query.Session, Keys: make([]audit.LookupKey, audit.MaxLookupKeys+1), Window: audit.Window{Limit: 1}}
	_, err := s.Store.Lookup(context.Background(), l)
	expectCode(t, "look up 2,001 keys", err, audit.BadUserInput)
	l.Keys, l.Order = l.Keys[:1], audit.Order{Field: audit.ByRelevance}
	_, err = s.Store.Lookup(context.Background(), l)
	expectCode(t, "look up by relevance", err, audit.BadUserInput)
}

func checkExactLookup(t testing.TB, s *subject) {
	var keys []audit.LookupKey
	for _, value := range []string{"ses-1", "SES-1", "ses-1 ", "Ses-1", "ses", "", "ses-1*", "sés-1", "\x00"} {
		keys = append(keys, audit.LookupKey{Org: "org-a", Value: value})
	}
	checkLookup(t, s, audit.Lookup{Scope: audit.AllOrgs(), Field: query.Session, Keys: keys})
}

func checkMixedLookup(t testing.TB, s *subject) {
	var keys []audit.LookupKey
	for i := range 60 {
		field, pattern := query.Field(""), "ses-%d"
		switch i % 4 {
		case 1:
			field, pattern = query.RequestID, "req-%d"
		case 2:
			field, pattern = query.TraceID, "tr-%d"
		case 3:
			field, pattern = query.TokenID, "tok-%d"
		}
		keys = append(keys, audit.LookupKey{Field: field, Org: "org-a", AnyOrg: i%3 == 0, Value: fmt.Sprintf(pattern, i%20)})
	}
	checkLookup(t, s, audit.Lookup{Scope: audit.AllOrgs(), Field: query.Session, Keys: keys})
	checkLookup(t, s, audit.Lookup{Scope: audit.Orgs("org-b"), Field: query.UniqueID, Keys: keys, Order: audit.Order{Ascending: true}, Window: audit.Window{Limit: 2}})
}

func checkLargeLookup(t testing.TB, s *subject) {
	keys := []audit.LookupKey{{Org: "org-c", Value: "crowd"}, {AnyOrg: true, Value: "ses-9"}}
	for _, limit := range []int{audit.MaxPageSize, audit.MaxPageSize + 1, audit.MaxLookupRows} {
		checkLookup(t, s, audit.Lookup{Scope: audit.AllOrgs(), Field: query.Session, Keys: keys, Window: audit.Window{Limit: limit}})
	}
}
