package graph_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

type correlation struct {
	Nodes []struct {
		Key, Kind, Value, OrgID string
		Hop                     int
		Followed                bool
		Record                  *struct {
			Typename string `json:"__typename"`
			UniqueID string
		}
	}
	Links []struct {
		Record, ID           struct{ Key string }
		Via, Value, Strength string
	}
	Conflicts []struct{ Key string }
	Truncated bool
	Reason    *string
}

const correlateBy = `query($by: CorrelationKey!, $orgId: String, $maxHops: Int = 2) { correlate(by: $by, orgId: $orgId, maxHops: $maxHops) {
  nodes { key kind value orgId hop followed record { __typename ... on AuthAudit { uniqueId loginFlow { outcome } } ... on Audit { uniqueId } ... on Event { uniqueId } } }
  links { record { key } id { key } via value strength } conflicts { key } truncated reason } }`

func TestCorrelateLeadsFromASessionToAllThatHasIt(t *testing.T) {
	t.Parallel()
	a := sampleAPI(t)
	const session = "ses-175ae37fcf74b181600e71"
	var want []string
	for _, text := range sampleEvents(t) {
		var event struct {
			UniqueID string `json:"unique_id"`
			Event    struct{ Session string }
		}
		if err := json.Unmarshal([]byte(text), &event); err != nil {
			t.Fatal(err)
		}
		if event.Event.Session == session {
			want = append(want, event.UniqueID)
		}
	}
	slices.Sort(want)
	want = slices.Compact(want) // the sample has repeats
	var data struct{ Correlate correlation }
	a.ask(t, correlateBy, variables{"by": variables{"session": session}, "maxHops": 1}, &data)
	var got []string
	types := map[string]int{}
	for _, node := range data.Correlate.Nodes {
		if node.Kind == "RECORD" {
			got = append(got, node.Record.UniqueID)
			types[node.Record.Typename]++
		} else if node.Record != nil || node.Hop > 1 {
			t.Errorf("got %+v", node)
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) || types["AuthAudit"] == 0 || types["Audit"] == 0 {
		t.Errorf("got %v of %v, want %v", got, types, want)
	}
	if len(data.Correlate.Links) < len(want) || !data.Correlate.Truncated || data.Correlate.Reason == nil {
		t.Errorf("%d links, truncated %t", len(data.Correlate.Links), data.Correlate.Truncated)
	}
	a.taken()
	a.ask(t, correlateBy, variables{"by": variables{"session": session}, "maxHops": 3}, &data)
	if calls := a.taken(); len(calls) > 4 { // one for each hop, and one for the flows of the records
		t.Errorf("three hops cost %q", calls)
	}
}

func TestCorrelateNeedsOneKeyAndOneOrg(t *testing.T) {
	t.Parallel()
	a := newAPI(t, twins...)
	for field, vars := range map[string]variables{
		"by":      {"by": variables{"session": "s", "traceId": "t"}},
		"orgId":   {"by": variables{"session": "s"}},
		"maxHops": {"by": variables{"session": "s"}, "orgId": "one", "maxHops": 7},
	} {
		if err := a.refused(t, correlateBy, vars); err.Extensions["code"] != "BAD_USER_INPUT" || err.Extensions["field"] != field {
			t.Errorf("%v: %q %v", vars, err.Message, err.Extensions)
		}
	}
	if err := a.refused(t, correlateBy, variables{"by": variables{}}); err.Extensions["code"] != "BAD_USER_INPUT" {
		t.Errorf("without a key: %q %v", err.Message, err.Extensions)
	}
	ann := audit.MemberOf("ann", "one", audit.RoleViewer)
	for name, test := range map[string]struct {
		vars  variables
		nodes int
	}{
		"her own":       {variables{"by": variables{"requestId": "r"}}, 4},
		"another org's": {variables{"by": variables{"requestId": "r"}, "orgId": "two"}, 0},
		"unknown":       {variables{"by": variables{"tokenId": "secret-value"}}, 0},
	} {
		var data struct{ Correlate correlation }
		a.askAs(t, ann, correlateBy, test.vars, &data)
		if len(data.Correlate.Nodes) != test.nodes || test.nodes == 0 && (data.Correlate.Truncated || len(data.Correlate.Conflicts) > 0) {
			t.Errorf("%s: %+v", name, data.Correlate)
		}
	}
}
