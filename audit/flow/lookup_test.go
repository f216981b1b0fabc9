package flow_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
)

func TestLookupFlows(t *testing.T) {
	t.Parallel()
	store := storeOf(t, []*audit.Record{
		record(t, "a1", 0, "request_id=shared"),
		record(t, "b1", 0, "request_id=shared", "org_id=org-2"),
		record(t, "b2", time.Second, "request_id=shared", "org_id=org-2"),
		record(t, "n1", 0, "request_id=shared", "org_id="),
		record(t, "a2", 0, "request_id=own"),
		record(t, "api", 0, "request_id=own", "subsystem=api"),
		record(t, "none", 0, "request_id="),
	})
	reader := flow.NewReader(store, store, atReading, idle)
	orgs := audit.Orgs("org-1", "org-2")
	for name, c := range map[string]struct {
		scope audit.Scope
		key   audit.FlowKey
		want  string
	}{
		"one org":              {orgs, audit.FlowKey{Org: "org-1", RequestID: "shared"}, "[org-1:[a1]]"},
		"the org without name": {audit.AllOrgs(), audit.FlowKey{RequestID: "shared"}, "[:[n1]]"},
		"any org":              {audit.AllOrgs(), audit.FlowKey{AnyOrg: true, RequestID: "shared"}, "[:[n1] org-1:[a1] org-2:[b1 b2]]"},
		"any org of the scope": {orgs, audit.FlowKey{AnyOrg: true, RequestID: "shared"}, "[org-1:[a1] org-2:[b1 b2]]"},
		"another's org":        {audit.Orgs("org-1"), audit.FlowKey{Org: "org-2", RequestID: "shared"}, "[]"},
		"auth records only":    {orgs, audit.FlowKey{AnyOrg: true, RequestID: "own"}, "[org-1:[a2]]"},
		"nothing of that id":   {orgs, audit.FlowKey{AnyOrg: true, RequestID: "OWN"}, "[]"},
		"no id":                {orgs, audit.FlowKey{AnyOrg: true}, "[]"},
	} {
		flows, err := reader.LookupFlows(t.Context(), c.scope, []audit.FlowKey{{Org: "org-1", RequestID: "x"}, c.key})
		if err != nil || len(flows) != 2 || len(flows[0]) != 0 {
			t.Fatalf("%s: %v, %v", name, flows, err)
		}
		got := []string{}
		for _, f := range flows[1] {
			got = append(got, fmt.Sprint(f.Org, ":", ids(f.Records)))
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

func TestLookupFlowsTakesAnyNumberOfKeys(t *testing.T) {
	t.Parallel()
	counted := &counting{store: storeOf(t, manyAttempts(t, 3))}
	reader := flow.NewReader(counted, counted, atReading, idle)
	keys := make([]audit.FlowKey, 2*audit.MaxLookupKeys)
	for i := range keys {
		keys[i] = audit.FlowKey{Org: "org-1", RequestID: fmt.Sprintf("req-%04d", i)}
	}
	keys[len(keys)-1].RequestID = "req-0002"
	flows, err := reader.LookupFlows(t.Context(), audit.AllOrgs(), keys)
	if err != nil || counted.trips != 2 {
		t.Fatalf("%d round trips, %v", counted.trips, err)
	}
	for i, found := range flows {
		if want := i < 3 || i == len(keys)-1; (len(found) == 1) != want {
			t.Errorf("key %d has %d flows", i, len(found))
		}
	}
}

// long returns an attempt of n records of an org, which begin after a while.
func long(t *testing.T, org string, n int, after time.Duration) []*audit.Record {
	records := make([]*audit.Record, n)
	for i := range records {
		records[i] = record(t, fmt.Sprintf("%s-%04d", org, i), after+time.Duration(i)*time.Second,
			"org_id="+org, "request_id=long", "event_name=MFA Challenge", "result=Failure")
	}
	return records
}

func TestLongAttemptsAreWholeOrCut(t *testing.T) {
	t.Parallel()
	all := map[string][]*audit.Record{
		"org-500": long(t, "org-500", 500, 0), "org-501": long(t, "org-501", 501, time.Hour),
		"org-999": long(t, "org-999", 999, 0), "org-1000": long(t, "org-1000", 1000, time.Minute), "org-1300": long(t, "org-1300", 1300, 0),
	}
	var records []*audit.Record
	for _, attempt := range all {
		records = append(records, attempt...)
	}
	store := storeOf(t, records)
	reader := flow.NewReader(store, store, atReading, idle)
	single := make([]audit.FlowKey, 0, len(all))
	for org := range all {
		single = append(single, audit.FlowKey{Org: org, RequestID: "long"})
	}
	exact, err := reader.LookupFlows(t.Context(), audit.AllOrgs(), single)
	if err != nil {
		t.Fatal(err)
	}
	mixed, err := reader.LookupFlows(t.Context(), audit.AllOrgs(), []audit.FlowKey{{AnyOrg: true, RequestID: "long"}})
	if err != nil {
		t.Fatal(err)
	}
	checkLong(t, all, slices.Concat(exact...))
	checkLong(t, all, mixed[0])
}

func checkLong(t *testing.T, all map[string][]*audit.Record, flows []*audit.Flow) {
	t.Helper()
	if len(flows) != len(all) {
		t.Fatalf("%d flows of %d", len(flows), len(all))
	}
	for _, f := range flows {
		want := flow.Build(f.Org, "long", all[f.Org], atReading(), idle)
		if !slices.Equal(ids(f.Records), ids(want.Records)) || f.Truncated != want.Truncated || f.Outcome != want.Outcome {
			t.Errorf("%s: %d records, truncated %t, %s; want %d, %t, %s",
				f.Org, len(f.Records), f.Truncated, f.Outcome, len(want.Records), want.Truncated, want.Outcome)
		}
	}
}
