package correlate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/correlate"
)

// One login with its token, an action that the token did, another login in the same
// session, and a stranger behind the same address.
const twoLogins = `
ask    | request_id=q1 | trace_id=t1 | source_ip=10.0.0.1
allow  | request_id=q1 | trace_id=t2 | session=s1 | user_id=u1 | upstream_user_id=ann@example | source_ip=10.0.0.1
token  | request_id=q1 | trace_id=t2 | session=s1 | user_id=u1 | token_id=k1 | source_ip=10.0.0.1
lost   | trace_id=t2 | event_name=Token
action | subsystem=api | trace_id=t3 | session=s1 | user_id=u1 | token_id=k1 | source_ip=10.0.0.9
access | subsystem=access | trace_id=t3
again  | request_id=q2 | trace_id=t4 | session=s1 | user_id=u1 | token_id=k2
other  | request_id=q3 | trace_id=t5 | session=s2 | user_id=u2 | source_ip=10.0.0.1
`

func TestEachKindOfKeyLeadsToWhatItsRecordsShare(t *testing.T) {
	t.Parallel()
	s := storeOf(t, recordsOf(t, twoLogins))
	for _, c := range []struct {
		kind  correlate.Kind
		value string
		hops  int
		want  string
	}{
		{correlate.Token, "k1", 1, `
			0: token:k1
			1: token action (request:q1) (trace:t2) (session:s1) (trace:t3)
			It ends after 1 hop, with 4 ids left to follow.`},
		{correlate.Token, "k1", 3, `
			0: token:k1
			1: token action request:q1 trace:t2 session:s1 trace:t3
			2: ask allow lost again access trace:t1 request:q2 trace:t4 token:k2`},
		{correlate.Request, "q1", 2, `
			0: request:q1
			1: ask allow token trace:t1 trace:t2 session:s1 token:k1
			2: lost action again (trace:t3) (request:q2) (trace:t4) (token:k2)
			It ends after 2 hops, with 4 ids left to follow.`},
		{correlate.Trace, "t3", 1, `
			0: trace:t3
			1: action access (token:k1) (session:s1)
			It ends after 1 hop, with 2 ids left to follow.`},
		{correlate.Session, "s2", 6, `
			0: session:s2
			1: other request:q3 trace:t5`},
		{correlate.Record, "access", 1, `
			0: access trace:t3
			1: action (token:k1) (session:s1)
			It ends after 1 hop, with 2 ids left to follow.`},
		{correlate.User, "ann@example", 1, `
			0: user:ann@example
			1: allow (request:q1) (trace:t2) (session:s1)
			It ends after 1 hop, with 3 ids left to follow.`},
		{correlate.User, "u2", 6, `
			0: user:u2
			1: other request:q3 trace:t5 session:s2`},
		{correlate.SourceIP, "10.0.0.1", 1, `
			0: source_ip:10.0.0.1
			1: other token allow ask (request:q3) (trace:t5) (session:s2) (request:q1) (trace:t2) (token:k1) (session:s1) (trace:t1)
			It ends after 1 hop, with 8 ids left to follow.`},
	} {
		got := told(correlated(t, s, correlate.Key{Kind: c.kind, Value: c.value}, correlate.Options{MaxHops: c.hops}))
		if want := lines(c.want); got != want {
			t.Errorf("%s %s, %d hops:\n%s\nwant\n%s", c.kind, c.value, c.hops, got, want)
		}
	}
}

func TestLinksSayWhichRecordHasWhichIDAndHowSureItIs(t *testing.T) {
	t.Parallel()
	s := storeOf(t, recordsOf(t, twoLogins))
	c := correlated(t, s, correlate.Key{Kind: correlate.User, Value: "u1"}, correlate.Options{MaxHops: 1})
	var got []string
	for _, l := range c.Links {
		got = append(got, strings.Join([]string{l.Record.Value, string(l.Via()), l.Value(), string(l.Strength)}, " "))
	}
	want := []string{
		"again REQUEST q2 CERTAIN", "again TRACE t4 STRONG", "again TOKEN k2 STRONG", "again SESSION s1 WEAK", "again USER u1 WEAK",
		"action TRACE t3 STRONG", "action TOKEN k1 STRONG", "action SESSION s1 WEAK", "action USER u1 WEAK",
		"token REQUEST q1 CERTAIN", "token TRACE t2 STRONG", "token TOKEN k1 STRONG", "token SESSION s1 WEAK", "token USER u1 WEAK",
		"allow REQUEST q1 CERTAIN", "allow TRACE t2 STRONG", "allow SESSION s1 WEAK", "allow USER u1 WEAK",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestOneRoundTripPerHop(t *testing.T) {
	t.Parallel()
	_, records := sampleEvents(t)
	s := storeOf(t, records)
	var all, counts []int
	for _, r := range records[:20] {
		for kind, field := range fieldOf {
			value, _ := r.Get(field)
			for hops := 1; hops <= correlate.MaxHops; hops++ {
				s.trips = 0
				correlated(t, s, correlate.Key{Kind: kind, Value: value}, correlate.Options{MaxHops: hops})
				most := hops
				if kind == correlate.Record {
					most++ // which finds the record
				}
				if s.trips > most {
					t.Fatalf("%s, %d hops: %d round trips", kind, hops, s.trips)
				}
				if kind == correlate.Token && value != "" && hops == 3 {
					counts, all = append(counts, s.trips), append(all, hops)
				}
			}
		}
	}
	if len(counts) == 0 || !slices.Equal(counts, all) {
		t.Errorf("three hops from tokens took %v round trips", counts)
	}
}

func TestNothingIsSaidOfWhatNothingHas(t *testing.T) {
	t.Parallel()
	s := storeOf(t, recordsOf(t, twoLogins))
	for kind := range fieldOf {
		for _, key := range []correlate.Key{
			{Kind: kind, Value: "unheard-of", AnyOrg: true}, {Kind: kind, AnyOrg: true},
			{Kind: kind, Value: "q1", Org: "org-2"}, {Kind: kind, Value: "k1", Org: "org-1"}, {Kind: kind, Value: "k1", AnyOrg: true},
		} {
			c, err := correlate.Correlate(t.Context(), s, audit.Orgs("org-2", "org-3"), key, correlate.Options{MaxHops: 2})
			if err != nil || len(c.Nodes) > 0 || len(c.Links) > 0 || len(c.Conflicts) > 0 || c.Truncated || c.Reason != "" {
				t.Errorf("%+v: %+v, %v", key, c, err)
			}
		}
	}
}

func TestOrgsNeverMix(t *testing.T) {
	t.Parallel()
	s := storeOf(t, recordsOf(t, `
		a1 | session=s | trace_id=t | source_ip=10.0.0.1 | user_id=u
		a2 | trace_id=t | user_id=u
		b1 | org_id=org-2 | session=s | trace_id=t | source_ip=10.0.0.1 | user_id=u
		b2 | org_id=org-2 | trace_id=t | user_id=u`))
	for _, kind := range []correlate.Kind{correlate.Session, correlate.Trace, correlate.User} {
		key := correlate.Key{Kind: kind, Value: map[correlate.Kind]string{correlate.Session: "s", correlate.Trace: "t", correlate.User: "u"}[kind]}
		_, err := correlate.Correlate(t.Context(), s, audit.AllOrgs(), correlate.Key{Kind: kind, Value: key.Value, AnyOrg: true}, correlate.Options{MaxHops: 2})
		if known := audit.AsError(err); known == nil || known.Code != audit.BadUserInput || known.Field != "orgId" {
			t.Errorf("%s in several orgs: %v", kind, err)
		}
		key.Org = "org-2"
		for _, n := range correlated(t, s, key, correlate.Options{MaxHops: 6}).Nodes {
			if n.OrgID != "org-2" {
				t.Errorf("%s of org-2 led to %s", kind, n.Key())
			}
		}
		c, err := correlate.Correlate(t.Context(), s, audit.Orgs("org-1"), correlate.Key{Kind: kind, Value: key.Value, AnyOrg: true}, correlate.Options{MaxHops: 6})
		if err != nil || !strings.Contains(told(c), "a1") || strings.Contains(told(c), "b") {
			t.Errorf("who sees one org needs to name none: %s, %v", told(c), err)
		}
	}
	c := correlated(t, s, correlate.Key{Kind: correlate.SourceIP, Value: "10.0.0.1"}, correlate.Options{MaxHops: 2})
	want := lines("0: source_ip:10.0.0.1 source_ip:10.0.0.1\n1: b1 a1 trace:t session:s trace:t session:s\n2: b2 a2")
	if told(c) != want {
		t.Errorf("an address of two orgs:\n%s", told(c))
	}
}

func TestBoundsAreChecked(t *testing.T) {
	t.Parallel()
	s := storeOf(t, nil)
	for _, c := range []struct {
		options correlate.Options
		scope   audit.Scope
		field   string
		code    audit.Code
	}{
		{correlate.Options{}, audit.AllOrgs(), "maxHops", audit.BadUserInput},
		{correlate.Options{MaxHops: 7}, audit.AllOrgs(), "maxHops", audit.BadUserInput},
		{correlate.Options{MaxHops: 1, MaxNodes: -1}, audit.AllOrgs(), "maxNodes", audit.BadUserInput},
		{correlate.Options{MaxHops: 1, MaxNodes: 2_001}, audit.AllOrgs(), "maxNodes", audit.BadUserInput},
		{correlate.Options{MaxHops: 1}, audit.Scope{}, "", audit.Internal},
	} {
		_, err := correlate.Correlate(t.Context(), s, c.scope, correlate.Key{Kind: correlate.Token, Value: "k", AnyOrg: true}, c.options)
		if known := audit.AsError(err); known == nil || known.Code != c.code || known.Field != c.field {
			t.Errorf("%+v: %v", c.options, err)
		}
	}
}

// lines takes the indentation off.
func lines(text string) string {
	var trimmed []string
	for line := range strings.Lines(strings.TrimSpace(text)) {
		trimmed = append(trimmed, strings.TrimSpace(line))
	}
	return strings.Join(trimmed, "\n")
}
