package correlate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/correlate"
)

func TestATraceThatCannotBeTrustedIsNotFollowed(t *testing.T) {
	t.Parallel()
	s := storeOf(t, recordsOf(t, `
		a | session=s | trace_id=users | user_id=u1
		b | trace_id=users | user_id=u2
		c | session=s | trace_id=attempts | request_id=q1
		d | trace_id=attempts | request_id=q2
		e | session=s | trace_id=upstream | upstream_user_id=u1
		f | trace_id=upstream | subsystem=access | user_id=u1
		g | trace_id=upstream | upstream_user_id=u2 | request_id=q3
		h | session=s | trace_id=one-user | user_id=u1 | request_id=q1
		i | trace_id=one-user`))
	c := correlated(t, s, correlate.Key{Kind: correlate.Session, Value: "s"}, correlate.Options{MaxHops: 6})
	if got, want := told(c), lines(`
		0: session:s
		1: a c e h (trace:users) request:q1 (trace:attempts) (trace:upstream) trace:one-user
		2: i
		trace_id users: records of more than one user have it
		trace_id attempts: records of more than one attempt have it
		trace_id upstream: records of more than one user have it`); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, l := range c.Links {
		if l.Via() == correlate.Trace && (l.Strength == audit.Weak) == (l.Value() == "one-user") {
			t.Errorf("%s by %s is %s", l.Record.Value, l.Value(), l.Strength)
		}
	}
}

func TestAKeyThatCannotBeTrustedLeadsToItsOwnRecordsOnly(t *testing.T) {
	t.Parallel()
	s := storeOf(t, recordsOf(t, "a | session=s | trace_id=t | user_id=u1\nb | trace_id=t | user_id=u2\nc | session=s"))
	c := correlated(t, s, correlate.Key{Kind: correlate.Trace, Value: "t"}, correlate.Options{MaxHops: 6})
	if got, want := told(c), lines("0: trace:t\n1: a b (session:s)\ntrace_id t: records of more than one user have it"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSeveralAttemptsAndUsersDoNotSpoilTokensAndSessions(t *testing.T) {
	t.Parallel()
	s := storeOf(t, recordsOf(t, `
		a | session=s | user_id=u1 | token_id=k | request_id=q1
		b | session=s | user_id=u2 | request_id=q2
		c | token_id=k | user_id=u3 | request_id=q3`))
	c := correlated(t, s, correlate.Key{Kind: correlate.Request, Value: "q1"}, correlate.Options{MaxHops: 3})
	if got, want := told(c), lines("0: request:q1\n1: a token:k session:s\n2: c b request:q3 request:q2"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAnIDOnTooManyRecordsLeadsNowhere(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("a | request_id=q | session=crowded | token_id=full\n")
	for i := range audit.MaxLookupRows {
		fmt.Fprintf(&text, "s%04d | session=crowded | source_ip=10.0.0.1 | subsystem=api\n", i)
	}
	for i := range audit.MaxLookupRows - 1 {
		fmt.Fprintf(&text, "k%04d | token_id=full | subsystem=api\n", i)
	}
	s := storeOf(t, recordsOf(t, text.String()))
	c := correlated(t, s, correlate.Key{Kind: correlate.Request, Value: "q"}, correlate.Options{MaxHops: 2, MaxNodes: 2_000})
	if len(c.Nodes) != 4+999 || c.Reason != "1 id on more than 1000 records each led nowhere." ||
		fmt.Sprint(c.Conflicts) != "[{session crowded more than 1000 records have it}]" {
		t.Errorf("%d nodes, %v, %q", len(c.Nodes), c.Conflicts, c.Reason)
	}

	c = correlated(t, s, correlate.Key{Kind: correlate.Session, Value: "crowded"}, correlate.Options{MaxHops: 1, MaxNodes: 2_000})
	if len(c.Nodes) != 1+1_000+2 || c.Nodes[1].Value != "a" || !strings.Contains(c.Reason, "only the earliest") {
		t.Errorf("a crowded key: %d nodes, first %s, %q", len(c.Nodes), c.Nodes[1].Key(), c.Reason)
	}
	c = correlated(t, s, correlate.Key{Kind: correlate.SourceIP, Value: "10.0.0.1"}, correlate.Options{MaxHops: 1, MaxNodes: 2_000})
	if len(c.Nodes) != 1+1_000+1 || c.Nodes[1].Value != "s0999" || strings.Contains(c.Reason, "latest") {
		t.Errorf("an address: %d nodes, first %s, %q", len(c.Nodes), c.Nodes[1].Key(), c.Reason)
	}
}

func TestNodesAreBoundedNearestFirst(t *testing.T) {
	t.Parallel()
	s := storeOf(t, recordsOf(t, twoLogins))
	whole := correlated(t, s, correlate.Key{Kind: correlate.Token, Value: "k1"}, correlate.Options{MaxHops: 6})
	for room := 1; room <= len(whole.Nodes); room++ {
		c := correlated(t, s, correlate.Key{Kind: correlate.Token, Value: "k1"}, correlate.Options{MaxHops: 6, MaxNodes: room})
		if len(c.Nodes) > room {
			t.Errorf("%d nodes where there is room for %d", len(c.Nodes), room)
		}
		for i, n := range c.Nodes {
			if n.Hop > whole.Nodes[i].Hop {
				t.Errorf("room for %d: node %d is %s of hop %d, want hop %d", room, i, n.Key(), n.Hop, whole.Nodes[i].Hop)
			}
		}
		want := fmt.Sprintf("There is room for %d nodes only.", room)
		if room == len(whole.Nodes) {
			want = ""
		}
		if c.Reason != want {
			t.Errorf("room for %d: %q", room, c.Reason)
		}
	}
}
